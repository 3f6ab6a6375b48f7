/// Colours and weights of text, or none.
struct Style {
  let enabled: Bool

  static let plain = Style(enabled: false)

  func bold(_ text: String) -> String { wrap("1", text) }
  func dim(_ text: String) -> String { wrap("2", text) }
  func red(_ text: String) -> String { wrap("31", text) }
  func green(_ text: String) -> String { wrap("32", text) }

  /// One of six colours by a number; the numbers go round.
  func hue(_ number: Int, _ text: String) -> String { wrap("\(31 + number % 6)", text) }

  private func wrap(_ code: String, _ text: String) -> String {
    enabled && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
