internal import ArgumentParser
internal import WhittleProtocol

struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Show the model live on the whole terminal, the heaviest coefficients first.",
    discussion: """
      Keys: q quits, space pauses, s sorts by weight or by change, arrows scroll, ? explains the picture.
      When the daemon goes away the last view stays, and goes on when it is back.
      """)

  @Option(help: ArgumentHelp("The daemon's publishing endpoint.", valueName: "endpoint"))
  var subscribe = environment("WHITTLE_SUBSCRIBE") ?? DefaultEndpoints.publish

  @Option(help: ArgumentHelp("The daemon's query endpoint, for the first view.", valueName: "endpoint"))
  var query = QueryOptions.defaultEndpoint

  @Option(
    help: ArgumentHelp("How often to draw, and the time that a column of a sparkline stands for.", valueName: "seconds")
  )
  var every = TimeLimit.oneSecond

  @OptionGroup var keys: KeyOptions

  func validate() throws {
    if every.milliseconds < 50 { throw ValidationError("--every must be at least 0.05") }
  }

  func run() throws {
    guard FullScreen.isPossible else {
      throw ValidationError("top needs a terminal; for programs there is `whittle watch --json`")
    }
    let seconds = Double(every.milliseconds) / 1000
    var view = TopView(endpoint: subscribe, every: seconds)
    let known = try keys.keys()
    let end = try LiveScreen(tick: seconds, endpoint: subscribe).run(&view) { wake in
      let feed = PublicationFeed()
      try feed.start(subscribe, query: query, top: TopHistory.rowLimit, keys: known, wake: wake)
      return feed
    }
    if case .signal(let number) = end { SignalInbox.letThrough(number) }
  }
}
