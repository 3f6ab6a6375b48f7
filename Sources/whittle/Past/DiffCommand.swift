internal import ArgumentParser

/// What is compared, and how it is shown.
struct DiffOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("\(ComparedName.now) for the daemon's model, or a checkpoint: \(CheckpointName.help.abstract)"),
    completion: CheckpointCompletion.kind, transform: ComparedName.init)
  var before: ComparedName

  @Argument(help: "What to compare it with.", completion: CheckpointCompletion.kind, transform: ComparedName.init)
  var after: ComparedName

  @Option(
    help: ArgumentHelp(
      "Only so many features that entered, left, changed sign and changed, those first that did most.",
      valueName: "k"))
  var top = 10

  @Flag(help: "Print all that differs as one JSON object; --top is for people.")
  var json = false

  func validate() throws {
    if top < 0 { throw ValidationError("--top must be at least 0, not \(top)") }
  }

  /// - Parameter read: finds each of the two.
  func show(_ read: (ComparedName) throws -> ComparedModel) throws {
    let difference = CheckpointDifference(try read(before), try read(after))
    if json { return try StandardOutput.writeJSON(difference) }
    try StandardOutput.write(difference.text(top: top, Style(enabled: StandardOutput.terminal.hasColours)))
  }
}

/// What can be compared: the daemon's model or a checkpoint.
enum ComparedName: Equatable {
  static let now = "now"

  case daemon
  case checkpoint(CheckpointName)

  init(_ text: String) throws(CheckpointNameMistake) {
    self = text == ComparedName.now ? .daemon : .checkpoint(try CheckpointName(text))
  }
}

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two checkpoints, or one with the daemon's model: what entered, left, changed sign, moved most.",
    discussion: """
      The checkpoints are the daemon's, or with --state those of any directory. Settings are compared between checkpoints.

        whittle diff 7 latest
        whittle diff "1d ago" now
        whittle diff step:1000 latest --state /var/lib/whittled

      \(CheckpointName.notation)
      """)

  @OptionGroup var options: DiffOptions
  @OptionGroup var source: SourceOptions

  func run() throws {
    try options.show { name in
      switch name {
      case .checkpoint(let name): return ComparedModel(try source.checkpoint(name))
      case .daemon:
        guard let daemon = try source.daemon() else {
          throw ToolError.cannotOpen(
            file: "the model as it is now", reason: "--state reads a directory; without it the daemon is asked")
        }
        return try ComparedModel(daemon)
      }
    }
  }
}

struct CheckpointsDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two checkpoints, as `whittle diff` does. Needs no daemon.")

  @OptionGroup var options: DiffOptions
  @OptionGroup var state: StateOptions

  func run() throws {
    try options.show { name in
      guard case .checkpoint(let name) = name else {
        throw ToolError.cannotOpen(
          file: "the model as it is now", reason: "`whittle diff` asks the daemon; this reads a directory")
      }
      return ComparedModel(try state.read(name))
    }
  }
}
