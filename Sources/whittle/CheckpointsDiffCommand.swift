internal import ArgumentParser

struct CheckpointsDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two checkpoints: settings, and the features that entered, left and changed most.")

  @Argument(help: NamedCheckpoint.help, completion: .file(extensions: ["safetensors"]))
  var before: String

  @Argument(help: "The one to compare it with.", completion: .file(extensions: ["safetensors"]))
  var after: String

  @Option(
    help: ArgumentHelp(
      "Only so many features that entered, left and changed, those first that did most.", valueName: "k"))
  var top = 10

  @OptionGroup var state: StateOptions

  @Flag(help: "Print all that differs as one JSON object; --top is for people.")
  var json = false

  func validate() throws {
    if top < 0 { throw ValidationError("--top must be at least 0, not \(top)") }
  }

  func run() throws {
    let difference = CheckpointDifference(try state.read(before), try state.read(after))
    if json { return try StandardOutput.writeJSON(difference) }
    try StandardOutput.write(difference.text(top: top, Style(enabled: StandardOutput.terminal.hasColours)))
  }
}
