internal import ArgumentParser

/// Everything that this program measures, in one table.
struct AllCommand: MeasuringCommand {
  static let configuration = CommandConfiguration(
    commandName: "all",
    abstract: "Measure everything, and print one table.",
    discussion: """
      Rows are those of the other commands, which say what they are, with the command's name before each. It takes about half an \
      hour, on a machine that does nothing else.

      The exit status is 0 whether or not the bars are met.
      """)

  @Option(help: "Rounds that count.")
  var rounds = 7
  @Option(help: "A Python interpreter with the peers (default: the one in .venv, made by deploy/python).")
  var python: String?
  @Flag(help: "Far fewer samples of everything, to see that all of it runs; its figures mean nothing.")
  var quick = false
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds must be from 1 to 1000") }
  }

  func results() throws -> [Result] {
    let rounds = ["--rounds", "\(rounds)"]
    let peers = rounds + (python.map { ["--python", $0] } ?? [])
    func sizes(_ small: String) -> [String] { quick ? small.split(separator: " ").map(String.init) : [] }
    let commands: [any MeasuringCommand] = [
      try PathCommand.parse(peers + sizes("--samples 600 --names 2000 --questions 100 --seconds 1")),
      try LearnerCommand.parse(peers + sizes("--rows 300")),
      try FormatsCommand.parse(peers + sizes("--rows 300")),
      try StoreCommand.parse(rounds + sizes("--bits 12 --messages 200")),
      try QueryCommand.parse(rounds + sizes("--samples 2000 --questions 100")),
      try PublishCommand.parse(rounds + sizes("--samples 40000 --subscribers 20 --joins 3")),
    ]
    return try commands.flatMap { command in
      try command.results().map { $0.named("\(type(of: command).configuration.commandName ?? "") \($0.name)") }
    }
  }
}
