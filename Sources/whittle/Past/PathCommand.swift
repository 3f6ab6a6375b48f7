internal import ArgumentParser

struct PathCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path",
    abstract: "Show coefficients over checkpoints as a matrix: features in rows, checkpoints in columns.",
    discussion: """
      Without names and without --top it is the 10 heaviest. In CSV the lines (step), (time) and (intercept) stand above \
      the features. On a terminal there are as many checkpoints as fit.

      \(TrajectoryOptions.notation)

        whittle path --top 20
        whittle path --like 'price*' --csv > path.csv
      """)

  @OptionGroup var options: TrajectoryOptions

  func run() throws {
    let trajectory = try options.trajectory(top: 10)
    if options.json { return try StandardOutput.writeJSON(trajectory) }
    if options.csv { return try StandardOutput.write(trajectory.pathCSV) }
    let terminal = StandardOutput.terminal
    try StandardOutput.write(
      trajectory.path(
        digits: options.numbers.digits, columns: terminal.isTerminal ? terminal.size.columns : nil,
        style: Style(enabled: terminal.hasColours)))
  }
}
