/// What stands on the screen, and what to write so that something else stands there.
struct ScreenFrame {
  private var shown: [String] = []

  /// Takes in that nobody knows what stands there, as after a resize.
  mutating func forget() { shown = [] }

  /// What to write for these lines, from the top of the screen: the lines that differ, for the terminal to show all at once.
  ///
  /// - Precondition: the lines fit the screen, and `forget` was called if its size has changed.
  mutating func update(to lines: [String]) -> String {
    let isNew = shown.isEmpty
    var text = isNew ? "\u{1B}[2J" : ""
    for row in 0..<max(lines.count, shown.count) {
      let line = row < lines.count ? lines[row] : ""
      if isNew || row >= shown.count ? line.isEmpty : line == shown[row] { continue }
      // Cleared first: behind a line of full width the cursor still stands on its last character.
      text += "\u{1B}[\(row + 1);1H\u{1B}[2K\(line)"
    }
    shown = lines
    return text.isEmpty ? "" : "\u{1B}[?2026h\(text)\u{1B}[?2026l"
  }
}
