internal import ArgumentParser
internal import FoundationEssentials
internal import ModelStore
internal import OnlineLearning

struct CheckpointsRestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Make an older checkpoint the one that the next start takes, and keep what is newer aside.",
    discussion: """
      The newer checkpoints and the journal, whose messages come after them, are moved into aside-TIME in the state \
      directory, and nothing is deleted. The daemon must be stopped. Should this be interrupted, everything is as it was, or \
      the next start, or the same command again, moves what is left.
      """)

  @Argument(
    help: "Its ID as `checkpoints list` shows it.", completion: CheckpointCompletion.ids,
    transform: CheckpointName.init)
  var checkpoint: CheckpointName

  @OptionGroup var state: StateOptions

  @Flag(help: "Print what was done as one JSON object.")
  var json = false

  func validate() throws {
    guard case .id = checkpoint else {
      throw ValidationError("expected the ID of a checkpoint in the state directory")
    }
  }

  private struct Outcome: Encodable {
    let restored: UInt64
    let file: String
    let step: UInt64
    let aside: String?
    let moved: [String]
  }

  func run() throws {
    // Before the lock, which would make the directory.
    guard case .id(let id) = checkpoint else { return }
    let entry = try state.entry(id, of: state.entries())
    let outcome = try restore(entry)
    if json { return try StandardOutput.writeJSON(outcome) }
    var text = "the next start takes checkpoint \(outcome.restored), step \(Format.count(outcome.step))\n"
    if let aside = outcome.aside {
      text += "moved to \(Format.name(aside)):\n" + outcome.moved.map { "  \(Format.name($0))\n" }.joined()
    } else {
      text += "nothing is newer, and there is no journal: nothing was moved\n"
    }
    try StandardOutput.write(text)
  }

  private func restore(_ entry: CheckpointStore.Entry) throws(ToolError) -> Outcome {
    do throws(StoreError) {
      let lock = try StateLock(directory: state.directory)
      defer { withExtendedLifetime(lock) {} }
      var store = try CheckpointStore(directory: state.directory)
      // What cannot be started from is not restored.
      let step = try Checkpoint(file: entry.path).model.steps
      let aside = try store.restore(entry, stamp: CheckpointsRestoreCommand.stamp())
      return Outcome(
        restored: entry.sequence, file: entry.path, step: step, aside: aside?.directory, moved: aside?.names ?? [])
    } catch {
      throw ToolError(error)
    }
  }

  /// Now, as `20260131T120000Z`.
  private static func stamp() -> String {
    Date().ISO8601Format().filter { $0 != "-" && $0 != ":" }
  }
}
