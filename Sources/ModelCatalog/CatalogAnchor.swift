internal import Glibc
internal import Synchronization

/// Keeps the catalog open from one piece of work to the next. A connection that closes locks readers out, for an instant while another
/// is open, and for longer where it is the last one, since that moves what the log holds into the database.
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
    let database: CatalogDatabase
    let mark: Mark
  }

  private let held = Mutex<Held?>(nil)

  /// The catalog as it was held, or opened anew where somebody else did anything to the file.
  ///
  /// - Throws: as opening it does.
  func database(_ path: String) throws(CatalogError) -> CatalogDatabase {
    let database = held.withLock { held in
      if held?.mark != Mark(path) { held = nil }
      return held?.database
    }
    guard let database else { return try CatalogDatabase(path: path) }
    try database.expectSchema()
    return database
  }

  /// Holds on to the catalog as its file is now. To be called after all that was to be done.
  func hold(_ database: CatalogDatabase, _ path: String) {
    let mark = Mark(path)
    held.withLock { $0 = mark.map { Held(database: database, mark: $0) } }
  }

  /// Lets go.
  func release() { held.withLock { $0 = nil } }
}
