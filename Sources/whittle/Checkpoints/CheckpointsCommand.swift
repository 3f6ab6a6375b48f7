internal import ArgumentParser

struct CheckpointsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoints",
    abstract: "List, show, check, compare, export and restore checkpoints. Needs no daemon.",
    discussion: """
      All but `restore` only read, also while a daemon runs.

      \(CheckpointName.notation)
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
