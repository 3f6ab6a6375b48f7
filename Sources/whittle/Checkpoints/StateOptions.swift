internal import ArgumentParser
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

  var directory: String { StateOptions.directory(given: given) }

  /// The directory of a flag's value, else of the environment.
  static func directory(given: String?) -> String {
    given ?? environment("WHITTLED_STATE_DIRECTORY") ?? CheckpointStore.defaultDirectory
  }

  private var state: StateDirectory { StateDirectory(directory) }

  /// Where its journal lives.
  var journal: String { Journal.directory(in: directory) }

  /// All checkpoints, oldest first.
  func entries() throws(ToolError) -> [CheckpointStore.Entry] { try state.entries() }

  /// The checkpoint of an ID.
  func entry(_ id: UInt64, of entries: [CheckpointStore.Entry]) throws(ToolError) -> CheckpointStore.Entry {
    try state.entry(id, of: entries)
  }

  /// Finds a checkpoint and reads all of it.
  func read(_ name: CheckpointName) throws(ToolError) -> NamedCheckpoint { try state.read(name) }
}
