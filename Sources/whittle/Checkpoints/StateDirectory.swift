internal import FoundationEssentials
internal import Glibc
internal import ModelStore

/// A daemon's state directory, of which nothing here changes anything.
struct StateDirectory {
  let path: String
  /// Of whose daemon it is, where a daemon named it.
  var daemon: String?

  init(_ path: String, of daemon: String? = nil) {
    (self.path, self.daemon) = (path, daemon)
  }

  /// All checkpoints, oldest first. Whatever a daemon does to them meanwhile, nothing here changes them.
  func entries() throws(ToolError) -> [CheckpointStore.Entry] {
    do throws(StoreError) {
      return try CheckpointStore.entries(in: path)
    } catch {
      guard let daemon else { throw .cannotOpen(file: path, reason: "\(error)") }
      throw .cannotOpen(
        file: path,
        reason: """
          the daemon at \(daemon) keeps its checkpoints there, and here it cannot be read: \(error); \
          run this on its machine, or name a copy with --state
          """)
    }
  }

  /// The checkpoint of an ID.
  func entry(_ id: UInt64, of entries: [CheckpointStore.Entry]) throws(ToolError) -> CheckpointStore.Entry {
    if let entry = entries.first(where: { id == $0.sequence }) { return entry }
    throw .cannotOpen(file: "checkpoint \(id)", reason: "there is none in \(path)\(StateDirectory.known(entries))")
  }

  /// Finds a checkpoint and reads all of it.
  func read(_ name: CheckpointName) throws(ToolError) -> NamedCheckpoint {
    switch name {
    case .path(let path): return try NamedCheckpoint(path: path)
    case .id(let id): return try NamedCheckpoint(entry(id, of: entries()))
    case .latest:
      return try newest("the latest checkpoint") { _ in true }
    case .step(let step):
      // The step is in the name: those that are too new need not be read.
      return try newest("a checkpoint of step \(step) or before", ofStep: step) { _ in true }
    case .time(let time):
      let written = Date(timeIntervalSince1970: time).ISO8601Format()
      return try newest("a checkpoint of \(written) or before") { $0.time <= time }
    case .ago(let seconds): return try read(.time(max(0, Date().timeIntervalSince1970 - seconds)))
    }
  }

  /// Calls with every whole checkpoint, oldest first; what is damaged is told of and passed over.
  func eachCheckpoint(_ take: (NamedCheckpoint) throws -> Void) throws {
    for entry in try entries() {
      if let checkpoint = try StateDirectory.whole(entry) { try take(checkpoint) }
    }
  }

  /// - Parameters:
  ///   - what: of what there is none, for people.
  ///   - step: the largest that it may have.
  private func newest(
    _ what: String, ofStep step: UInt64 = .max, _ fits: (Checkpoint) -> Bool
  ) throws(ToolError) -> NamedCheckpoint {
    let entries = try entries()
    for entry in entries.reversed() where entry.step <= step {
      if let named = try StateDirectory.whole(entry), fits(named.checkpoint) { return named }
    }
    throw .cannotOpen(file: what, reason: "there is no whole one in \(path)\(StateDirectory.known(entries))")
  }

  /// The checkpoint of an entry. As at a daemon's start, what is damaged is passed over and said so, and nothing else.
  ///
  /// - Returns: nil where it is damaged, or gone since its name was read.
  static func whole(_ entry: CheckpointStore.Entry) throws(ToolError) -> NamedCheckpoint? {
    do throws(StoreError) {
      return NamedCheckpoint(try Checkpoint(file: entry.path), id: entry.sequence, path: entry.path)
    } catch {
      switch error {
      case .damaged:
        StandardError.write("whittle: skipped: \(error)\n")
        return nil
      case .system(_, _, ENOENT): return nil
      default: throw ToolError(error)
      }
    }
  }

  /// What there is, for whoever asked for something else.
  private static func known(_ entries: [CheckpointStore.Entry]) -> String {
    guard let first = entries.first, let last = entries.last else { return ", which has none at all" }
    if entries.count == 1 { return ", which has \(first.sequence) of step \(first.step)" }
    return """
      , which has \(Format.count(entries.count)), from \(first.sequence) of step \(first.step) to \(last.sequence) of step \
      \(last.step); `whittle checkpoints list` shows them
      """
  }
}

/// A checkpoint that was asked for by name.
struct NamedCheckpoint {
  let checkpoint: Checkpoint
  /// Its sequence number; nil for a file that was named by its path.
  let id: UInt64?
  let path: String

  init(_ checkpoint: Checkpoint, id: UInt64?, path: String) {
    (self.checkpoint, self.id, self.path) = (checkpoint, id, path)
  }

  init(_ entry: CheckpointStore.Entry) throws(ToolError) {
    try self.init(path: entry.path, id: entry.sequence)
  }

  init(path: String, id: UInt64? = nil) throws(ToolError) {
    do throws(StoreError) {
      self.init(try Checkpoint(file: path), id: id, path: path)
    } catch {
      throw ToolError(error)
    }
  }

  /// What people call it.
  var title: String { id.map(String.init) ?? path }
}
