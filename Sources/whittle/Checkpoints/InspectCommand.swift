internal import ArgumentParser

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a checkpoint holds, as `checkpoints show` does. Needs no daemon.")

  @OptionGroup var options: ShowOptions

  func run() throws { try options.show() }
}
