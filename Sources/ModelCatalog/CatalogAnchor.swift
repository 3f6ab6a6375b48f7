internal import GRDB
internal import Glibc
internal import Synchronization

/// Keeps a connection to a catalog open. The last one that closes moves what the log holds into the database, and locks readers out
/// while it does; none that is opened for a few statements is the last as long as this one is there.
///
/// Whoever does anything to the file besides ends that: a connection that is open would not notice.
final class CatalogAnchor: Sendable {
  /// What shows that a file is another one, or was written to.
  private struct Mark: Equatable {
    let device: UInt
    let inode: UInt
    let size: Int
    let seconds: Int
    let nanoseconds: Int

    /// - Returns: nil where there is no file.
    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (device, inode, size) = (UInt(status.st_dev), UInt(status.st_ino), Int(status.st_size))
      (seconds, nanoseconds) = (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec))
    }
  }

  private struct Held {
    let queue: DatabaseQueue
    var mark: Mark
  }

  private let held = Mutex<Held?>(nil)

  /// Lets go where somebody else did anything to the file. To be called before it is opened.
  func check(_ path: String) {
    held.withLock { held in
      if held?.mark != Mark(path) { held = nil }
    }
  }

  /// Holds on to the file as it is now. To be called while it is open, after all that was to be done.
  ///
  /// Should it not come about, closing locks readers out for a moment, as it does without this.
  func hold(_ path: String) {
    held.withLock { held in
      guard let mark = Mark(path) else {
        held = nil
        return
      }
      if held != nil {
        held?.mark = mark
        return
      }
      var configuration = Configuration()
      configuration.readonly = true
      guard let queue = try? DatabaseQueue(path: path, configuration: configuration),
        // A connection that has read nothing counts for nothing.
        (try? queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master") }) != nil
      else { return }
      held = Held(queue: queue, mark: mark)
    }
  }

  /// Lets go.
  func release() { held.withLock { $0 = nil } }
}
