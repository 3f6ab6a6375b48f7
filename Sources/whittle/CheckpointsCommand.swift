internal import ArgumentParser

struct CheckpointsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoints",
    abstract: "List, show, check, compare, export and restore checkpoints. Needs no daemon.",
    discussion: """
      A checkpoint is named by its ID, the number in front of its file's name, by `latest`, which is the newest that is \
      whole, or by the path of its file. All but `restore` only read, also while a daemon runs.
      """,
    subcommands: [
      CheckpointsListCommand.self,
      CheckpointsShowCommand.self,
      CheckpointsVerifyCommand.self,
      CheckpointsDiffCommand.self,
      CheckpointsRestoreCommand.self,
      CheckpointsExportCommand.self,
    ])
}
