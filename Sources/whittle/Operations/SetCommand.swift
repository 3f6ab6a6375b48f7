internal import ArgumentParser
internal import StreamLearning
internal import WhittleClient
internal import WhittleProtocol

struct SetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Change hyperparameters while the daemon learns.",
    discussion: """
      They hold from the next sample on, and over restarts, until the daemon's configuration says something else than it says now. \
      `whittle configuration` shows them with the origin set.

        whittle set penalty.l1=0.001 learning_rate.initial=0.05
        whittle set --unset penalty.l1
      """)

  @Argument(help: ArgumentHelp("A setting and its value.", valueName: "key=value"))
  var values: [String] = []

  @Option(help: ArgumentHelp("A setting to bring back to what the configuration says.", valueName: "key"))
  var unset: [String] = []

  @OptionGroup var options: QueryOptions

  func validate() throws { _ = try changes() }

  func run() throws {
    let answer = try options.client().set(try changes())
    if options.json { return try StandardOutput.writeJSON(answer) }
    var table = Table([.left, .left], header: ["KEY", "VALUE"])
    for hyperparameter in Hyperparameter.all {
      guard let value = answer.configuration[hyperparameter.key] else { continue }
      table.add([hyperparameter.key, ConfigurationCommand.text(of: value)])
    }
    try StandardOutput.write(
      "from step \(Format.count(answer.step)) on\n\n"
        + table.text(Style(enabled: StandardOutput.terminal.hasColours)))
  }

  /// By key; null for those to be brought back. What values they take is for the daemon to say.
  func changes() throws -> [String: JSONValue] {
    var changes: [String: JSONValue] = [:]
    for text in values {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw ValidationError("\"\(text)\" is not KEY=VALUE")
      }
      let key = String(text[..<equals])
      let value = String(text[text.index(after: equals)...])
      let taken = changes.updateValue(DecimalNumber.read(value).map { .number($0) } ?? .string(value), forKey: key)
      if taken != nil { throw ValidationError("\(key) is set twice") }
    }
    for key in unset where changes.updateValue(.null, forKey: key) != nil {
      throw ValidationError("\(key) is set twice")
    }
    if changes.isEmpty { throw ValidationError("a setting is needed: KEY=VALUE, or --unset KEY") }
    return changes
  }
}
