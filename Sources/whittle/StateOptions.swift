internal import ArgumentParser
internal import FoundationEssentials
internal import ModelStore

/// The flags of every command that looks into a state directory.
struct StateOptions: ParsableArguments {
  @Option(
    name: .customLong("state"),
    help: ArgumentHelp(
      "The daemon's state directory. (default: WHITTLED_STATE_DIRECTORY, else \(CheckpointStore.defaultDirectory))",
      valueName: "directory"),
    completion: .directory)
  var given: String?

  var directory: String {
    given ?? environment("WHITTLED_STATE_DIRECTORY") ?? CheckpointStore.defaultDirectory
  }

  /// Where its journal lives.
  var journal: String { Journal.directory(in: directory) }

  /// All checkpoints, oldest first. Whatever a daemon does to them meanwhile, nothing here changes them.
  func entries() throws(ToolError) -> [CheckpointStore.Entry] {
    do throws(StoreError) {
      return try CheckpointStore.entries(in: directory)
    } catch {
      throw .cannotOpen(file: directory, reason: "\(error)")
    }
  }

  /// Whether a checkpoint's name is an ID: a file of such a name has a path, `./7`.
  static func isID(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }

  /// The checkpoint of an ID.
  ///
  /// - Parameter id: its sequence number, as `checkpoints list` shows it, with or without zeros in front.
  func entry(_ id: String, of entries: [CheckpointStore.Entry]) throws(ToolError) -> CheckpointStore.Entry {
    if let entry = entries.first(where: { UInt64(id) == $0.sequence }) { return entry }
    throw .cannotOpen(
      file: "checkpoint \(id)", reason: "there is none in \(directory); `whittle checkpoints list` tells which are")
  }

  /// Finds a checkpoint and reads all of it.
  ///
  /// - Parameter name: an ID, `latest` for the newest that is whole, or the path of a file.
  func read(_ name: String) throws(ToolError) -> NamedCheckpoint {
    if name == NamedCheckpoint.latest { return try latest() }
    if StateOptions.isID(name) {
      return try NamedCheckpoint(entry(name, of: entries()))
    }
    return try NamedCheckpoint(path: name)
  }

  private func latest() throws(ToolError) -> NamedCheckpoint {
    for entry in try entries().reversed() {
      if let found = try whole(entry) { return found }
    }
    throw .cannotOpen(file: "the latest checkpoint", reason: "there is no whole one in \(directory)")
  }

  /// The checkpoint of an entry. As at a daemon's start, what is damaged is passed over and said so, and nothing else.
  ///
  /// - Returns: nil where it is damaged.
  func whole(_ entry: CheckpointStore.Entry) throws(ToolError) -> NamedCheckpoint? {
    do throws(StoreError) {
      return NamedCheckpoint(try Checkpoint(file: entry.path), id: entry.sequence, path: entry.path)
    } catch {
      guard case .damaged = error else { throw ToolError(error) }
      StandardError.write("whittle: skipped: \(error)\n")
      return nil
    }
  }
}

/// A checkpoint that was asked for by name.
struct NamedCheckpoint {
  static let latest = "latest"
  static let help: ArgumentHelp = "Its ID as `checkpoints list` shows it, `latest`, or the path of its file."

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
