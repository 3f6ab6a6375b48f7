internal import ArgumentParser
internal import WhittleClient

struct FeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feed",
    abstract: "Send samples from files or standard input.",
    discussion: """
      CSV: the first line names the columns. One is the target, all others are features: numbers, true or false, \
      text (one feature for each value, as in color=red), or empty where a value is missing. Lines of JSON, \
      Vowpal Wabbit and svmlight are sent as they stand.

      A full queue makes it wait; when nobody takes a message within the time limit it stops with status 69.

      With --router the daemon answers each message: those that it rejects are reported with their lines and make \
      status 76, and what was answered is learned.

      With --acknowledged each message is learned exactly once, in order, whatever is killed and started again on the way, the \
      daemon or this program: the messages are numbered, and the daemon keeps with its model how far it is. The same \
      command goes on where it was. A feed is told from others by its source; by default that follows from the files' \
      paths and contents and the options that make messages of them, so a file that was changed or has grown is another \
      feed, and learned from its first sample on. With --source of your own, message k is taken for the one that \
      was message k the last time: a file may grow (with --batch 1, and one pass), and standard input may be resumed if the same \
      samples come again. What the daemon acknowledges and a crash may still lose is up to its ingest.router.acknowledge; \
      files are then read again from there.

      Samples that are pushed or published are not learned yet. With --wait the daemon is asked until it has seen to as many messages \
      as were sent, those of other senders included; a message that it rejected meanwhile makes status 76.
      """)

  @Argument(help: ArgumentHelp("Files to read; - or none is standard input.", valueName: "files"))
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "csv, jsonl, vw or svmlight. By default after the file's name: .csv; .jsonl, .ndjson, .json; .vw, .txt; "
        + ".svmlight, .libsvm, .svm. Standard input: jsonl.", valueName: "format"))
  var format: SampleFormat?

  @OptionGroup var delivery: DeliveryOptions
  @OptionGroup var columns: ColumnOptions

  @Flag(help: "Print what was sent as one JSON object at the end.")
  var json = false

  func validate() throws {
    _ = try plan()
  }

  func run() throws {
    let plan = try plan()
    let totalBytes = try FeedPreparation.totalBytes(of: plan)
    let standardization = try FeedPreparation.standardization(of: plan)
    if let standardization {
      for notice in FeedPreparation.notices(about: standardization) { say(notice) }
    }
    let learningWait = try delivery.learningWait()
    let identity =
      delivery.acknowledged
      ? try FeedIdentity(of: plan, name: delivery.source, isSeekable: totalBytes != nil) : nil
    let outlet = try delivery.outlet(identity: identity, say: say)
    if let identity, !delivery.quiet {
      let place = "interrupted in source \(Format.name(identity.source))"
      Interruption.say("\(StandardError.clearedLine)whittle: \(place); \(identity.advice)\n")
    }
    var feeder = Feeder(plan, standardization: standardization, totalBytes: totalBytes, to: outlet)
    do {
      try feeder.run()
    } catch let error as ClientError {
      let sent = feeder.progress.samples
      if sent > 0 { say("\(feeder.progress.summary); \(feeder.outlet.advice)") }
      throw error
    } catch {
      try finish(&feeder)
      throw error
    }
    try finish(&feeder)
    try feeder.outlet.checkAnswers()
    try learningWait?.wait(for: feeder.progress.messages)
  }

  private func finish(_ feeder: inout Feeder) throws {
    try feeder.finish()
    var progress = feeder.progress
    progress.seconds = feeder.seconds
    say(progress.summary + (feeder.outlet.note.map { "; \($0)" } ?? ""))
    if json { try StandardOutput.writeJSON(progress) }
  }

  private func say(_ notice: String) {
    if !delivery.quiet { StandardError.write("whittle: \(notice)\n") }
  }

  /// What the flags ask for.
  func plan() throws -> FeedPlan {
    let paths = files.isEmpty ? [InputFile.standardInput] : files
    let readsStandardInput = paths.contains(InputFile.standardInput)
    if paths.filter({ $0 == InputFile.standardInput }).count > 1 {
      throw ValidationError("standard input (-) can be read only once")
    }
    if readsStandardInput && delivery.passes > 1 {
      throw ValidationError("--repeat needs files: standard input cannot be read again")
    }
    let sources = try paths.map { path in
      if let format { return FeedPlan.Source(path: path, format: format) }
      if path == InputFile.standardInput { return FeedPlan.Source(path: path, format: .jsonl) }
      guard let format = SampleFormat.ofSuffix(of: path) else {
        throw ValidationError(
          "cannot tell the format of \(path) from its name; give --format csv, jsonl, vw or svmlight")
      }
      return FeedPlan.Source(path: path, format: format)
    }
    if columns.isAnyGiven && !sources.contains(where: { $0.format == .csv }) {
      throw ValidationError(
        "--target, --weight, --ignore and --standardize are for CSV; none of the inputs is (see --format)")
    }
    if columns.standardize || columns.standardizeTarget {
      if readsStandardInput {
        throw ValidationError("--standardize needs files: standard input cannot be read twice")
      }
      if let other = sources.first(where: { $0.format != .csv }) {
        throw ValidationError(
          "--standardize is for CSV files; \(other.path) is read as \(other.format.rawValue)")
      }
    }
    return FeedPlan(
      sources: sources, passes: delivery.passes, batch: delivery.batch,
      schedule: RateSchedule(rate: delivery.rate), roles: columns.roles,
      standardizesFeatures: columns.standardize, standardizesTarget: columns.standardizeTarget,
      isQuiet: delivery.quiet, isNumbered: delivery.acknowledged)
  }
}
