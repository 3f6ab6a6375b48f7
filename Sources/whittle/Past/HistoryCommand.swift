internal import ArgumentParser

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show how coefficients became what they are: their values at every checkpoint.",
    discussion: """
      On a terminal a chart follows the table.

      \(TrajectoryOptions.notation)

        whittle history sleep homework
        whittle history --like 'price*' --state /var/lib/whittled --csv
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
    let terminal = StandardOutput.terminal
    let style = Style(enabled: terminal.hasColours)
    var text = trajectory.history(digits: options.numbers.digits, style: style)
    if terminal.isTerminal && trajectory.moments.count > 1 {
      // The last column stays free, so that nothing wraps.
      let chart = trajectory.chart(style).lines(columns: min(terminal.size.columns - 1, 100), rows: 15)
      if !chart.isEmpty { text += "\n" + chart.map { $0 + "\n" }.joined() }
    }
    try StandardOutput.write(text)
  }
}
