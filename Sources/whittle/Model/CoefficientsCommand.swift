internal import ArgumentParser
internal import FoundationEssentials
internal import ModelStore
internal import WhittleClient
internal import WhittleProtocol

struct CoefficientsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coefficients",
    abstract: "Show the coefficients, the heaviest first: the daemon's, or those of a checkpoint.",
    discussion: """
      The daemon tells those of its model as it is now; with --state it is the newest checkpoint of a directory, and with \
      --at an earlier one.

        whittle coefficients --top 10
        whittle coefficients --like 'price*' --at "2h ago"
        whittle coefficients sleep homework --state /var/lib/whittled --at step:1000

      In --like stand * for any characters, ? for one, [a-z] and [!a-z] for one of a set or none of it, and \\ before a \
      character that is meant itself; it is about the whole name, with regard to case.

      \(CheckpointName.notation)
      """)

  @Argument(help: "Only these features; without names, all of them.", completion: FeatureCompletion.kind)
  var names: [String] = []

  @OptionGroup var choice: ChoiceOptions

  @Option(
    name: .customLong("at"), help: CheckpointName.help, completion: CheckpointCompletion.kind,
    transform: CheckpointName.init)
  var moment: CheckpointName?

  @OptionGroup var numbers: NumberOptions
  @OptionGroup var source: SourceOptions

  @Flag(help: "Print the answer as one JSON object.")
  var json = false

  func validate() throws {
    try choice.validate(with: names)
  }

  func run() throws {
    let answer = try answer()
    if json { return try StandardOutput.writeJSON(answer) }
    let (told, style) = (answer.coefficients, Style(enabled: StandardOutput.terminal.hasColours))
    var text = ""
    if let checkpoint = answer.checkpoint {
      let written = Date(timeIntervalSince1970: checkpoint.time).ISO8601Format()
      text = "checkpoint \(Format.name(checkpoint.title))   written \(written)\n"
    }
    text += CoefficientTable.text(
      names: told.names, values: told.values, step: told.step, intercept: told.intercept, features: told.features,
      activeSet: told.activeSet, digits: numbers.digits, style: style)
    try StandardOutput.write(text)
  }

  private func answer() throws -> CoefficientsAnswer {
    let chosen = choice.choice(of: names)
    if moment == nil, let daemon = try source.daemon() {
      return CoefficientsAnswer(coefficients: try daemon.coefficients(chosen))
    }
    let named = try source.checkpoint(moment ?? .latest)
    return CoefficientsAnswer(
      coefficients: try Coefficients(of: named, chosen), checkpoint: CheckpointPlace(named))
  }
}

/// Which features a command is about, besides their names.
struct ChoiceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only the so many heaviest.", valueName: "k"))
  var top: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Only features whose names are like this: 'price*', 'color=[rg]*'.", valueName: "pattern"))
  var like: String?

  func validate(with names: [String]) throws {
    if let top, top < 0 { throw ValidationError("--top must be at least 0, not \(top)") }
    if top != nil && !names.isEmpty { throw ValidationError("--top and names exclude each other") }
    if like != nil && !names.isEmpty { throw ValidationError("--like and names exclude each other") }
  }

  func choice(of names: [String]) -> CoefficientChoice {
    CoefficientChoice(names: names, like: like.map { NamePattern($0) }, top: top)
  }
}

/// Coefficients, and of which checkpoint they are.
struct CoefficientsAnswer: Encodable {
  let coefficients: Coefficients
  /// Nil where they are the daemon's.
  var checkpoint: CheckpointPlace?

  private enum CodingKeys: String, CodingKey { case checkpoint }

  func encode(to encoder: any Encoder) throws {
    try coefficients.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(checkpoint, forKey: .checkpoint)
  }
}

/// Which checkpoint something is of.
struct CheckpointPlace: Encodable {
  /// Nil for a file that was named by its path.
  let id: UInt64?
  let file: String
  let time: Double

  init(_ named: NamedCheckpoint) {
    (id, file, time) = (named.id, named.path, named.checkpoint.time)
  }

  /// What people call it.
  var title: String { id.map(String.init) ?? file }
}
