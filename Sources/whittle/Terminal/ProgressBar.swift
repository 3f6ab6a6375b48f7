/// Shows progress on standard error: on a terminal a line redrawn in place, elsewhere nothing.
struct ProgressBar {
  private let isShown: Bool
  private var next = 0.0
  private var isDrawn = false

  init(quiet: Bool) {
    isShown = !quiet && StandardError.terminal.isTerminal
  }

  /// Draws at most ten times a second.
  mutating func update(_ progress: FeedProgress) {
    guard isShown, progress.seconds >= next else { return }
    next = progress.seconds + 0.1
    isDrawn = true
    // The last column stays free: terminals wrap when it is written.
    StandardError.write("\r" + progress.line(columns: StandardError.terminal.size.columns - 1) + "\u{1B}[K")
  }

  /// Takes the line away, so that other text can stand there.
  mutating func clear() {
    if isDrawn { StandardError.write("\r\u{1B}[K") }
    isDrawn = false
  }
}
