/// How many columns of a terminal text takes, and text cut and filled up to a number of them.
///
/// The widths are those of wcwidth(3), scalar by scalar: 0 for what combines with the character before, 2 for East Asian
/// wide and full-width characters and for emoji, else 1. Terminals that draw a sequence of emoji as one take less.
enum DisplayWidth {
  /// - Complexity: O(length of the text)
  static func of(_ text: String) -> Int {
    // Printable ASCII, as nearly all text is.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
    return text.unicodeScalars.reduce(0) { $0 + of($1) }
  }

  static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? 0 : 1 }
    // Vowels and finals that join the syllable that a Hangul initial began.
    if (0x1160...0x11FF).contains(scalar.value) || (0xD7B0...0xD7FB).contains(scalar.value) { return 0 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control, .lineSeparator, .paragraphSeparator: return 0
    default: break
    }
    // A regional indicator is half a flag.
    if (0x1F1E6...0x1F1FF).contains(scalar.value) { return 1 }
    return scalar.properties.isEmojiPresentation || isWide(scalar.value) ? 2 : 1
  }

  /// The longest beginning of the text that takes at most `columns`; of what combines, nothing is torn apart.
  ///
  /// What selects between forms of the character before (U+FE0E, U+FE0F) is left out: terminals do not agree on its width.
  static func cut(_ text: String, to columns: Int) -> String {
    if text.utf8.count <= columns && text.utf8.allSatisfy({ $0 < 0x7F }) { return text }
    var kept = String.UnicodeScalarView()
    var width = 0
    for scalar in text.unicodeScalars where !(0xFE00...0xFE0F).contains(scalar.value) {
      width += of(scalar)
      if width > columns { break }
      kept.append(scalar)
    }
    return columns > 0 ? String(kept) : ""
  }

  /// The text cut to at most `columns`, the cut shown by an ellipsis.
  static func fitted(_ text: String, to columns: Int, glyphs: Glyphs = .unicode) -> String {
    let whole = cut(text, to: columns)
    if of(whole) == of(text) { return whole }
    let mark = glyphs == .unicode ? "…" : "~"
    return columns >= 2 ? cut(text, to: columns - 1) + mark : whole
  }

  /// The text with spaces after it, or before it, so that it takes at least `columns`.
  static func padded(_ text: String, to columns: Int, _ alignment: Table.Alignment = .left) -> String {
    let space = String(repeating: " ", count: max(columns - of(text), 0))
    return alignment == .left ? text + space : space + text
  }

  private static func isWide(_ value: UInt32) -> Bool {
    // Ordered, so that all text before the first range, which is most, is decided at once.
    if value < 0x1100 { return false }
    return wide.contains { $0.contains(value) }
  }

  /// East Asian Width W and F of the Unicode Character Database, without emoji; gaps that nothing is assigned to are closed.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0xA4CF,
    0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
    0xFFE0...0xFFE6, 0x16FE0...0x18D08, 0x1AFF0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFD,
  ]
}
