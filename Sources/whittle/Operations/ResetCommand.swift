internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct ResetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset",
    abstract: "Have the daemon begin a new model.",
    discussion: """
      What was learned is written to a checkpoint first, so that `whittle checkpoints restore` can bring it back as long as it is \
      kept. Settings stay as they are, and sources go on numbering their samples where they were.
      """)

  @Flag(help: "Do not ask.")
  var yes = false

  @OptionGroup var options: QueryOptions

  func run() throws {
    if !yes { try confirm() }
    let client = try options.client()
    let checkpoint = try client.checkpoint()
    let answer = try client.reset()
    if options.json { return try StandardOutput.writeJSON(Outcome(reset: answer, checkpoint: checkpoint)) }
    try StandardOutput.write(
      "a new model begins after step \(Format.count(answer.step)); what was learned is in \(Format.name(checkpoint.file))\n"
    )
  }

  /// What is printed as JSON.
  private struct Outcome: Encodable {
    let reset: ModelReset
    let checkpoint: CheckpointWritten
  }

  private func confirm() throws {
    guard StandardInput.isTerminal else {
      throw ValidationError("the model would be gone; say --yes where nobody can be asked")
    }
    StandardError.write("Forget what the daemon at \(options.query) has learned? [y/N] ")
    guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
      StandardError.write("nothing was changed\n")
      throw ExitCode(1)
    }
  }
}
