internal import ArgumentParser
internal import WhittleClient

/// The flags of the commands that follow coefficients over checkpoints.
struct TrajectoryOptions: ParsableArguments {
  @Argument(help: "The features.", completion: FeatureCompletion.kind)
  var names: [String] = []

  @OptionGroup var choice: ChoiceOptions
  @OptionGroup var numbers: NumberOptions
  @OptionGroup var source: SourceOptions

  @Flag(help: "Print a table in CSV, with every digit.")
  var csv = false

  @Flag(help: "Print one JSON object: checkpoints, names, and for each name its coefficients.")
  var json = false

  static let notation = """
    The checkpoints are those that the state directory still has: of the daemon, whose model as it is now comes last, or \
    with --state of any directory. Features that were not known yet, or are not any more, have no coefficient there. --top \
    takes the features that were the heaviest at any checkpoint. The files themselves are read, all of them; the view \
    `trajectory` of `whittle query` has the heaviest coefficients sooner.
    """

  func validate() throws {
    try choice.validate(with: names)
    if csv && json { throw ValidationError("--csv and --json exclude each other") }
  }

  /// - Parameter top: so many of the heaviest features where none are named and no number is given.
  func trajectory(top: Int) throws -> Trajectory {
    let daemon = try source.daemon()
    let directory = try source.directory()
    let chosen = choice.choice(of: names)
    let names =
      try names.isEmpty
      ? Trajectory.heaviest(chosen.top ?? top, like: chosen.like, in: directory, now: daemon) : names
    return try Trajectory(of: names, in: directory, now: daemon)
  }
}
