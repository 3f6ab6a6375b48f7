internal import Glibc
internal import WhittleClient
internal import WhittleProtocol

/// A picture of a daemon that changes with what it publishes, with time and with keys. Times are seconds of any one clock.
protocol LivePicture {
  /// Takes in news.
  ///
  /// - Returns: whether to draw at once, without waiting for the next tick.
  mutating func take(_ news: PublicationFeed.News, at now: Double) -> Bool
  /// A unit of time is over.
  mutating func tick(at now: Double)
  /// - Returns: whether to go on.
  mutating func press(_ key: KeyReader.Key) -> Bool
  /// At most `rows` lines that take at most `columns` each.
  mutating func lines(columns: Int, rows: Int, style: Style, glyphs: Glyphs, at now: Double) -> [String]
  /// Whether all that was to be shown is.
  var isComplete: Bool { get }
}

/// The loop that puts a picture on the whole terminal: it waits for keys, signals, news and the clock.
struct LiveScreen {
  /// How the loop ended where nothing failed.
  enum End: Equatable {
    case asked
    case complete
    /// By a signal, which is still to do what it does by default.
    case signal(Int32)
  }

  /// Seconds between two ticks.
  let tick: Double
  /// Nothing within so many milliseconds after the start is an error; nil waits.
  var patience: Int?
  /// What the feed's publications come from, for that error.
  let endpoint: String

  private static let ending: [Int32] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

  /// Shows the picture until a key, a signal or an error ends it. The terminal is then as it was.
  ///
  /// - Throws: what the feed failed with; `nothingPublished`; `ToolError` when the terminal fails.
  func run(_ picture: inout some LivePicture, start: (_ wake: @escaping @Sendable () -> Void) throws -> PublicationFeed)
    throws -> End
  {
    let inbox = try SignalInbox.open(LiveScreen.ending + [SIGWINCH, SIGTSTP, SIGCONT])
    let screen = FullScreen()
    let feed = try start { SignalInbox.wake() }
    try screen.enter()
    defer { screen.leave() }

    var frame = ScreenFrame()
    var reader = KeyReader()
    var isDue = true
    var hasWord = false
    let began = now()
    var nextTick = began + tick
    while true {
      if isDue {
        let size = StandardOutput.terminal.size
        let lines = picture.lines(
          columns: size.columns, rows: size.rows, style: Style(enabled: StandardOutput.terminal.hasColours),
          glyphs: .ofLocale, at: now())
        let text = frame.update(to: lines)
        if !text.isEmpty { try StandardOutput.write(text) }
        isDue = false
      }
      if picture.isComplete { return .complete }

      var waited = [
        pollfd(fd: inbox, events: Int16(POLLIN), revents: 0),
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      ]
      poll(&waited, nfds_t(waited.count), Int32(clamping: Int(max((nextTick - now()) * 1000, 0).rounded(.up))))

      let signals = SignalInbox.take()
      if let ending = LiveScreen.ending.first(where: signals.contains) { return .signal(ending) }
      if signals.contains(SIGTSTP) {
        screen.leave()
        // Stops here, until somebody continues it.
        SignalInbox.letThrough(SIGTSTP)
        SignalInbox.collect(SIGTSTP)
      }
      if signals.contains(SIGTSTP) || signals.contains(SIGCONT) { try screen.enter() }
      if !signals.isDisjoint(with: [SIGWINCH, SIGTSTP, SIGCONT]) {
        frame.forget()
        isDue = true
      }

      if waited[1].revents != 0 {
        guard let bytes = typed() else { return .signal(SIGHUP) }
        for key in reader.keys(bytes) {
          // Ctrl-L, for a screen that something else has written on.
          if key == .character("\u{0C}") { frame.forget() }
          guard picture.press(key) else { return .asked }
          isDue = true
        }
      }

      for news in feed.take() {
        if case .failed(let error) = news { throw error }
        hasWord = true
        if picture.take(news, at: now()) { isDue = true }
      }
      if let patience, !hasWord, now() - began >= Double(patience) / 1000 {
        throw ClientError.nothingPublished(endpoint: endpoint, milliseconds: patience)
      }
      if now() >= nextTick {
        // After a pause, as when the process was stopped, time does not run after.
        nextTick = max(nextTick + tick, now())
        picture.tick(at: now())
        isDue = true
      }
    }
  }

  /// What was typed; nil when the terminal is gone.
  private func typed() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(STDIN_FILENO, &buffer, buffer.count)
    if count > 0 { return Array(buffer.prefix(count)) }
    return count < 0 && (errno == EINTR || errno == EAGAIN) ? [] : nil
  }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
