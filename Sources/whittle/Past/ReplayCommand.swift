internal import ArgumentParser
internal import ModelStore
internal import OnlineLearning
internal import StreamLearning

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Learn the journal's messages again with other hyperparameters, and compare.",
    discussion: """
      Works on a state directory without a daemon, and changes nothing in it. The messages are those of the journal: after \
      the checkpoint given with --after, else from the beginning where the journal goes back that far, else after the \
      oldest checkpoint that it continues. journal.keep_bytes has a daemon keep more of it than it needs.

      Metrics are of predictions made before learning, over the messages that were learned again.

        whittle replay --set penalty.l1=0,0.001,0.01 --set learning_rate.initial=0.01,0.1
      """)

  @OptionGroup var state: StateOptions

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A hyperparameter and its values; of several, every combination is tried.", valueName: "key=value,…"))
  var settings: [String] = []

  @Option(
    name: .customLong("after"), help: CheckpointName.help, completion: CheckpointCompletion.kind,
    transform: CheckpointName.init)
  var start: CheckpointName?

  @Flag(name: .customLong("past-damage"), help: "Go on past damage in the journal, without the messages that it holds.")
  var pastDamage = false

  @Flag(name: .customLong("json"), help: "Print JSON.")
  var json = false

  func validate() throws {
    do {
      _ = try ReplayVariant.all(settings)
    } catch {
      throw ValidationError("--set \(error)")
    }
  }

  func run() throws {
    let start = try self.start.map { try state.read($0) } ?? oldestUsable()
    var outcomes: [ReplayOutcome] = []
    for variant in try ReplayVariant.all(settings) {
      outcomes.append(try ReplayOutcome(variant, after: start?.checkpoint, state, pastDamage: pastDamage))
    }
    if json { return try StandardOutput.writeJSON(outcomes) }
    try StandardOutput.write(ReplayOutcome.table(outcomes, after: start))
  }

  /// The checkpoint to begin with: none where the journal goes back to the first message.
  private func oldestUsable() throws -> NamedCheckpoint? {
    let first: UInt64?
    do throws(StoreError) {
      first = try Journal.firstPosition(in: state.journal)
    } catch {
      throw ToolError.cannotOpen(file: state.journal, reason: "\(error)")
    }
    guard let first else {
      throw ToolError.cannotOpen(
        file: state.journal,
        reason:
          "there is no journal with messages in it; journal.keep_bytes has a daemon keep those that checkpoints cover")
    }
    if first == 1 { return nil }
    for entry in try state.entries() {
      if let found = try StateDirectory.whole(entry), found.checkpoint.position >= first - 1 { return found }
    }
    throw ToolError.cannotOpen(
      file: "a checkpoint to begin with",
      reason: "the journal begins with message \(first), and no whole checkpoint reaches that far")
  }
}
