internal import ArgumentParser

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show how coefficients became what they are: their values at every checkpoint.",
    discussion: """
        whittle history sleep homework
        whittle history --like 'price*' --state /var/lib/whittled --csv

      \(TrajectoryOptions.notation)
      """)

  @OptionGroup var options: TrajectoryOptions

  func validate() throws {
    if options.names.isEmpty && options.choice.like == nil && options.choice.top == nil {
      throw ValidationError("name the features, or say which with --like or --top")
    }
  }

  func run() throws {
    let trajectory = try options.trajectory(top: 10)
    if options.json { return try StandardOutput.writeJSON(trajectory) }
    if options.csv { return try StandardOutput.write(trajectory.historyCSV) }
    try StandardOutput.write(
      trajectory.history(
        digits: options.numbers.digits, style: Style(enabled: StandardOutput.terminal.hasColours)))
  }
}
