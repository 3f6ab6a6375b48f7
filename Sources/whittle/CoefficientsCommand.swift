internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct CoefficientsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coefficients",
    abstract: "Show the model's coefficients, the heaviest first.")

  @Argument(help: "Only these features; without names, all of them.")
  var names: [String] = []

  @Option(help: ArgumentHelp("Only the so many heaviest.", valueName: "k"))
  var top: Int?

  @OptionGroup var numbers: NumberOptions
  @OptionGroup var options: QueryOptions

  func validate() throws {
    if let top, top < 0 { throw ValidationError("--top must be at least 0, not \(top)") }
    if top != nil && !names.isEmpty { throw ValidationError("--top and names exclude each other") }
  }

  func run() throws {
    let answer = try options.client().coefficients(names: names.isEmpty ? nil : names, top: top)
    if options.json { return try StandardOutput.writeJSON(answer) }
    try StandardOutput.write(
      CoefficientTable.text(
        names: answer.names, values: answer.values, step: answer.step, intercept: answer.intercept,
        features: answer.features, activeSet: answer.activeSet,
        digits: numbers.digits, style: Style(enabled: StandardOutput.terminal.hasColours)))
  }
}
