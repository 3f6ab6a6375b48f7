internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show what a sample's prediction is the sum of.",
    discussion: """
        whittle explain sleep=7.5 hw=2 color=red
        whittle explain --values 7.5,2
        whittle explain --json-sample '{"sleep": 7.5, "a=b": 1}' --top 10

      Intercept and contributions add up to the margin, from which the loss makes the prediction. The model \
      does not learn the sample.
      """)

  @OptionGroup var sample: SampleOptions

  @Option(help: ArgumentHelp("Only the so many heaviest contributions.", valueName: "k"))
  var top: Int?

  @OptionGroup var numbers: NumberOptions
  @OptionGroup var options: QueryOptions

  func validate() throws {
    if let top, top < 0 { throw ValidationError("--top must be at least 0, not \(top)") }
  }

  func run() throws {
    let explanation = try options.client().explain(x: try sample.sample())
    if options.json { return try StandardOutput.writeJSON(top.map(explanation.heaviest) ?? explanation) }
    let terminal = StandardOutput.terminal
    try StandardOutput.write(
      ExplanationTable(
        explanation, top: top, digits: numbers.digits, columns: terminal.size.columns - 1, glyphs: .ofLocale,
        style: Style(enabled: terminal.hasColours)
      ).text)
  }
}
