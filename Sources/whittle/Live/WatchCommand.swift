internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Follow the model as it learns.",
    discussion: """
      On a terminal the picture is redrawn in place until q or Ctrl-C, and waits for a daemon that goes away; elsewhere each stats message and each event is a line, and with \
      --json each publication is one. Where nothing is published within the time limit it stops with status 69; on a terminal \
      only before the first publication.
      """)

  @Option(help: ArgumentHelp("The daemon's publishing endpoint.", valueName: "endpoint"))
  var subscribe = environment("WHITTLE_SUBSCRIBE") ?? DefaultEndpoints.publish

  @Option(help: ArgumentHelp("Stop after so many messages.", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("How long to wait for a publication.", valueName: "seconds"))
  var timeout = TimeLimit.fiveSeconds

  @OptionGroup var keys: KeyOptions

  @Flag(help: "Print each publication as one JSON object on a line.")
  var json = false

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1, not \(count)") }
  }

  func run() throws {
    if !json && FullScreen.isPossible { return try redraw() }
    let subscriber = try Subscriber(
      endpoint: subscribe, topics: json ? Topic.allCases : [.stats, .event], keys: try keys.keys())
    var received = 0
    while count.map({ received < $0 }) ?? true {
      let publication = try subscriber.next(milliseconds: timeout.milliseconds)
      received += 1
      if json {
        try StandardOutput.writeJSON(publication)
      } else if let line = WatchView.line(publication) {
        try StandardOutput.write(line + "\n")
      }
    }
  }

  private func redraw() throws {
    var view = WatchView(endpoint: subscribe, count: count)
    let screen = LiveScreen(tick: WatchView.tick, patience: timeout.milliseconds, endpoint: subscribe)
    let known = try keys.keys()
    let end = try screen.run(&view) { wake in
      let feed = PublicationFeed()
      try feed.start(subscribe, keys: known, wake: wake)
      return feed
    }
    // What was seen last stays on the screen.
    let terminal = StandardOutput.terminal
    let lines = view.picture(
      columns: terminal.size.columns - 1, rows: terminal.size.rows - 1, style: Style(enabled: terminal.hasColours),
      glyphs: .ofLocale)
    try StandardOutput.write(lines.map { $0 + "\n" }.joined())
    if case .signal(let number) = end { SignalInbox.letThrough(number) }
  }
}
