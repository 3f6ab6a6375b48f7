/// A bar from the middle: to the left for what is negative, to the right for what is positive.
struct CoefficientBar {
  /// Columns to each side of the middle.
  let half: Int
  /// The magnitude that is drawn in full.
  let largest: Double
  var glyphs = Glyphs.unicode
  var style = Style.plain

  /// The columns that every bar takes.
  var width: Int { 2 * half + 1 }

  /// - Parameter values: the bars that are to be compared; those that are not finite have none.
  init(half: Int, values: some Sequence<Double>, glyphs: Glyphs = .unicode, style: Style = .plain) {
    self.half = max(half, 0)
    largest = values.map(\.magnitude).filter(\.isFinite).max() ?? 0
    self.glyphs = glyphs
    self.style = style
  }

  func text(_ value: Double) -> String {
    let share = largest > 0 && value.isFinite ? value.magnitude / largest : 0
    let length = Int((Double(half) * share).rounded())
    let bar = String(repeating: glyphs == .unicode ? "█" : "#", count: length)
    let space = String(repeating: " ", count: half - length)
    let blank = String(repeating: " ", count: half)
    let middle = glyphs == .unicode ? "│" : "|"
    return value < 0 ? space + style.red(bar) + middle + blank : blank + middle + style.green(bar) + space
  }
}
