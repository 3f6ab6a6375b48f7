internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Follow the model as it learns.",
    discussion: """
      On a terminal the picture is redrawn in place; elsewhere each stats message and each event is a line, and with \
      --json each publication is one. Where nothing is published within the time limit it stops with status 69; on a terminal \
      only before the first publication.
      """)

  @Option(help: ArgumentHelp("The daemon's publishing endpoint.", valueName: "endpoint"))
  var subscribe = environment("WHITTLE_SUBSCRIBE") ?? DefaultEndpoints.publish

  @Option(help: ArgumentHelp("Stop after so many messages.", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("How long to wait for a publication.", valueName: "seconds"))
  var timeout = TimeLimit.fiveSeconds

  @Flag(help: "Print each publication as one JSON object on a line.")
  var json = false

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1, not \(count)") }
  }

  func run() throws {
    let redraws = StandardOutput.terminal.isTerminal && !json
    let subscriber = try Subscriber(
      endpoint: subscribe, topics: redraws || json ? Topic.allCases : [.stats, .event])
    var view = WatchView(endpoint: subscribe)
    var drawn = 0
    var received = 0
    while count.map({ received < $0 }) ?? true {
      // Who watches a terminal sees that nothing moves, and goes on when the daemon comes back.
      let publication = try subscriber.next(
        milliseconds: redraws && received > 0 ? nil : timeout.milliseconds)
      received += 1
      if json {
        try StandardOutput.writeJSON(publication)
      } else if redraws {
        view.update(publication)
        drawn = try redraw(view, over: drawn)
      } else if let line = WatchView.line(publication) {
        try StandardOutput.write(line + "\n")
      }
    }
  }

  /// - Returns: how many lines stand on the screen now.
  private func redraw(_ view: WatchView, over drawn: Int) throws(ToolError) -> Int {
    let size = StandardOutput.terminal.size
    let lines = view.lines(
      // The last column and row stay free, so that nothing wraps or scrolls.
      columns: size.columns - 1, rows: size.rows - 1,
      style: Style(enabled: StandardOutput.terminal.hasColours))
    let up = drawn > 0 ? "\u{1B}[\(drawn)F" : ""
    let text = lines.map { $0 + "\u{1B}[K\n" }.joined()
    try StandardOutput.write(up + text + "\u{1B}[J")
    return lines.count
  }
}
