internal import Glibc

/// The terminal taken over whole: another screen, no cursor, no wrapping, keys as they are pressed. `leave` gives it back.
final class FullScreen {
  private var before: termios?

  /// Whether this program's terminal can be taken over: input and output both are one that knows how to move a cursor.
  static var isPossible: Bool {
    isatty(STDIN_FILENO) == 1 && StandardOutput.terminal.isTerminal && !["dumb", nil].contains(environment("TERM"))
  }

  deinit { leave() }

  /// Takes the terminal over, also once more after somebody else has changed it. Ctrl-C and Ctrl-Z stay signals.
  ///
  /// - Throws: `cannotWrite` when there is no terminal any more.
  func enter() throws(ToolError) {
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
      throw .cannotWrite(reason: String(cString: strerror(errno)))
    }
    // The other screen is entered once: terminals remember at each time where the cursor was.
    let other = before == nil ? "\u{1B}[?1049h" : ""
    if before == nil { before = settings }
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    withUnsafeMutableBytes(of: &settings.c_cc) { characters in
      // A read returns with one byte or more, without a time limit.
      characters[Int(VMIN)] = 1
      characters[Int(VTIME)] = 0
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    try StandardOutput.write(other + "\u{1B}[?25l\u{1B}[?7l\u{1B}[2J")
  }

  /// Gives the terminal back as it was before the first `enter`; nothing when it has it.
  func leave() {
    guard var before else { return }
    self.before = nil
    // The end of a frame, in case one was cut off; then all that `enter` did, backwards.
    try? StandardOutput.write("\u{1B}[?2026l\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
    tcsetattr(STDIN_FILENO, TCSANOW, &before)
  }
}
