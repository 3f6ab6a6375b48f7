internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

/// Where and how fast samples go.
struct DeliveryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Push to the daemon's pull socket (the default, at \(DeliveryOptions.defaultPush)).",
      valueName: "endpoint"))
  var push: String?

  @Option(
    help: ArgumentHelp("Publish to the daemon's sub socket instead of pushing.", valueName: "endpoint"))
  var publish: String?

  @Option(
    help: ArgumentHelp(
      "Send to the daemon's router socket, which answers each message; rejected ones are reported with their lines.",
      valueName: "endpoint"))
  var router: String?

  @Flag(
    help: ArgumentHelp(
      "Send to the router socket, by default at \(DeliveryOptions.defaultRouter), until every message is acknowledged: each "
        + "is learned exactly once, in order, also when the daemon or this program is killed and started again."))
  var acknowledged = false

  @Option(
    help: ArgumentHelp(
      "What the daemon knows this feed by, for --acknowledged. By default it follows from the files' paths and contents and "
        + "from the options that make messages of them.", valueName: "name"))
  var source: String?

  @Flag(help: "Bind the endpoint; the daemon connects to it.")
  var bind = false

  @Option(help: ArgumentHelp("Publish under this topic.", valueName: "topic"))
  var topic: String?

  @Option(
    name: .customLong("repeat"), help: ArgumentHelp("Passes over the files.", valueName: "passes"))
  var passes = 1

  @Option(help: ArgumentHelp("Samples per second; as fast as they are taken without.", valueName: "rate"))
  var rate: Double?

  @Option(help: ArgumentHelp("Samples per message.", valueName: "samples"))
  var batch = 1

  @Option(
    help: ArgumentHelp(
      "How long a message may wait to be taken, or for its answer (default: 5); with --acknowledged, how long there may be "
        + "no progress at all (default: 60).", valueName: "seconds"))
  var timeout: TimeLimit?

  @Flag(help: "Return only when the daemon has learned everything, and report what it rejected.")
  var wait = false

  @Option(
    help: ArgumentHelp(
      "The daemon's query endpoint, for --wait (default: \(QueryOptions.defaultEndpoint)).",
      valueName: "endpoint"))
  var query: String?

  @OptionGroup var keys: KeyOptions

  @Flag(help: "No progress, notices or summary on standard error; errors only.")
  var quiet = false

  static var defaultPush: String { environment("WHITTLE_PUSH") ?? DefaultEndpoints.ingestPull }
  static var defaultRouter: String { environment("WHITTLE_ROUTER") ?? DefaultEndpoints.ingestRouter }

  private var timeLimit: TimeLimit { timeout ?? (acknowledged ? .oneMinute : .fiveSeconds) }

  func validate() throws {
    if [push, publish, router].count(where: { $0 != nil }) > 1 {
      throw ValidationError("--push, --publish and --router exclude each other")
    }
    if acknowledged {
      if push != nil || publish != nil {
        throw ValidationError("--acknowledged sends to the router socket; leave out --push and --publish")
      }
      if bind { throw ValidationError("--acknowledged connects to one daemon; leave out --bind") }
      if wait { throw ValidationError("--acknowledged waits for every answer; leave out --wait") }
    } else if source != nil {
      throw ValidationError("--source needs --acknowledged")
    }
    if source?.isEmpty == true { throw ValidationError("--source must not be empty") }
    if router != nil && wait { throw ValidationError("--router waits for every answer; leave out --wait") }
    if topic != nil && publish == nil { throw ValidationError("--topic needs --publish") }
    if query != nil && !wait { throw ValidationError("--query needs --wait") }
    if passes < 1 { throw ValidationError("--repeat must be at least 1, not \(passes)") }
    if batch < 1 { throw ValidationError("--batch must be at least 1, not \(batch)") }
    if let rate, !(rate > 0 && rate.isFinite) {
      throw ValidationError("--rate must be a number above 0, not \(rate)")
    }
  }

  /// - Parameters:
  ///   - identity: what the daemon knows the feed by, where its messages are numbered.
  ///   - say: takes notices for people.
  func outlet(
    identity: FeedIdentity?, say: @escaping (String) -> Void
  ) throws(ClientError) -> any FeedOutlet {
    let keys = try keys.keys()
    let attachment: SampleSender.Attachment = bind ? .bind : .connect
    // On a terminal a progress bar may stand there.
    let report = { (line: String) in StandardError.write("\(StandardError.clearedLine)whittle: \(line)\n") }
    if let identity {
      return try NumberedOutlet(
        endpoint: router ?? DeliveryOptions.defaultRouter, identity, milliseconds: timeLimit.milliseconds, keys: keys,
        report: report, say: say)
    }
    if let router {
      return try AnsweredOutlet(
        endpoint: router, attachment: attachment, milliseconds: timeLimit.milliseconds, keys: keys,
        report: report)
    }
    let pattern: SampleSender.Pattern = publish == nil ? .push : .publish(topic: topic ?? "")
    let sender = try SampleSender(
      pattern, endpoint: publish ?? push ?? DeliveryOptions.defaultPush, attachment: attachment,
      milliseconds: timeLimit.milliseconds, keys: keys)
    return QueueOutlet(sender: sender, say: say)
  }

  /// Asks the daemon how far it is; nil where nobody is to wait for it.
  func learningWait() throws -> LearningWait? {
    guard wait else { return nil }
    return try LearningWait(
      QueryClient(
        endpoint: query ?? QueryOptions.defaultEndpoint, milliseconds: timeLimit.milliseconds, keys: try keys.keys()))
  }
}

/// What the columns of CSV files mean.
struct ColumnOptions: ParsableArguments {
  @Option(help: ArgumentHelp("CSV: the target's column (default: y or target).", valueName: "column"))
  var target: String?

  @Option(help: ArgumentHelp("CSV: the column of importance weights.", valueName: "column"))
  var weight: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("CSV: leave this column out; may be given again.", valueName: "column"))
  var ignore: [String] = []

  @Flag(
    help:
      "CSV files: send (x - mean) / standard deviation of each numeric feature, from a first pass over them.")
  var standardize = false

  @Flag(help: "CSV files: the same for the target.")
  var standardizeTarget = false

  var isAnyGiven: Bool {
    target != nil || weight != nil || !ignore.isEmpty || standardize || standardizeTarget
  }

  var roles: ColumnRoles { ColumnRoles(target: target, weight: weight, ignored: Set(ignore)) }
}
