internal import ArgumentParser

/// What is shown of one checkpoint, and how.
struct ShowOptions: ParsableArguments {
  @Argument(help: CheckpointName.help, completion: CheckpointCompletion.kind, transform: CheckpointName.init)
  var checkpoint: CheckpointName

  @Option(help: ArgumentHelp("Only the so many heaviest coefficients.", valueName: "k"))
  var top: Int?

  @OptionGroup var state: StateOptions

  @Flag(help: "Print what it holds as one JSON object.")
  var json = false

  func validate() throws {
    if let top, top < 0 { throw ValidationError("--top must be at least 0, not \(top)") }
  }

  func show() throws {
    let contents = CheckpointContents(try state.read(checkpoint), top: top)
    if json { return try StandardOutput.writeJSON(contents) }
    try StandardOutput.write(contents.text(style: Style(enabled: StandardOutput.terminal.hasColours)))
  }
}

struct CheckpointsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what a checkpoint holds; every byte is checked against the checksum.")

  @OptionGroup var options: ShowOptions

  func run() throws { try options.show() }
}
