internal import Glibc

/// Whether a stream is a terminal, and what it can show.
struct Terminal {
  private let descriptor: Int32
  let isTerminal: Bool
  /// Only on a terminal, and never against NO_COLOR.
  let hasColours: Bool

  init(of descriptor: Int32) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
    hasColours =
      isTerminal && environment("NO_COLOR") == nil && environment("TERM") != "dumb"
  }

  /// Columns and rows as of now; 80 by 24 when the terminal does not tell.
  var size: (columns: Int, rows: Int) {
    var window = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(window.ws_col), Int(window.ws_row))
  }
}

/// A variable of the environment; nil when it is not set or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  let text = String(cString: value)
  return text.isEmpty ? nil : text
}
