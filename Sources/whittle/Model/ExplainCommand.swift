internal import ArgumentParser
internal import SampleFormats
internal import WhittleClient
internal import WhittleProtocol

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show what a sample's prediction is the sum of: the daemon's, or a checkpoint's.",
    discussion: """
        whittle explain sleep=7.5 hw=2 color=red
        whittle explain --values 7.5,2
        whittle explain --json-sample '{"sleep": 7.5, "a=b": 1}' --top 10

      Intercept and contributions add up to the margin, from which the loss makes the prediction. The model \
      does not learn the sample.

      The daemon explains its model as it is now; with --state it is the newest checkpoint of a directory, and with --at an \
      earlier one, with the interactions of which the journal beside it says that the daemon learns them:

        whittle explain sleep=7.5 hw=2 --at "2h ago"
        whittle explain sleep=7.5 hw=2 --state /var/lib/whittled

      \(CheckpointName.notation)
      """)

  @OptionGroup var sample: SampleOptions

  @Option(help: ArgumentHelp("Only the so many heaviest contributions.", valueName: "k"))
  var top: Int?

  @OptionGroup var numbers: NumberOptions

  @Option(
    name: .customLong("at"), help: CheckpointName.help, completion: CheckpointCompletion.kind,
    transform: CheckpointName.init)
  var moment: CheckpointName?

  @OptionGroup var source: SourceOptions

  @Flag(help: "Print the answer as one JSON object.")
  var json = false

  func validate() throws {
    if let top, top < 0 { throw ValidationError("--top must be at least 0, not \(top)") }
  }

  func run() throws {
    let explanation = try explanation(of: try sample.sample())
    if json { return try StandardOutput.writeJSON(top.map(explanation.heaviest) ?? explanation) }
    let terminal = StandardOutput.terminal
    try StandardOutput.write(
      ExplanationTable(
        explanation, top: top, digits: numbers.digits, columns: terminal.size.columns - 1, glyphs: .ofLocale,
        style: Style(enabled: terminal.hasColours)
      ).text)
  }

  private func explanation(of x: JSONValue) throws -> Explanation {
    if moment == nil, let daemon = try source.daemon() { return try daemon.explain(x: x) }
    let named = try source.checkpoint(moment ?? .latest)
    return try named.explanation(x: x, interactions: try interactions(named))
  }

  /// A file that was named by its path, with no directory beside it, comes without interactions.
  private func interactions(_ named: NamedCheckpoint) throws -> [Interaction] {
    if named.id == nil, source.state == nil { return [] }
    return try source.directory().interactions()
  }
}
