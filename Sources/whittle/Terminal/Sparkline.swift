/// A series of numbers as one line of text: `▁▂▃▄▅▆▇█`.
///
/// There is no axis beside it, so that height must mean the same everywhere: heights are proportional to the numbers,
/// from zero to the largest. A series with a negative number in it has zero in the middle, whatever else it holds.
/// A thin line, `_` or `─`, stands where a number is exactly zero and nowhere else, at the height of zero.
enum Sparkline {
  /// - Parameters:
  ///   - values: in order; nil and what is not finite is a gap, shown as a space.
  ///   - width: of more values than this, neighbours are shown as their mean.
  ///   - largest: the magnitude that is drawn in full, for lines that are to be compared; nil is the series' own.
  /// - Returns: at most `width` characters, each a column wide.
  /// - Complexity: O(values)
  static func line(_ values: [Double?], width: Int, largest: Double? = nil, glyphs: Glyphs = .unicode) -> String {
    guard width > 0 else { return "" }
    let known = values.map { $0.flatMap { $0.isFinite ? $0 : nil } }
    let means = condensed(known, into: width)
    let isSigned = known.contains { ($0 ?? 0) < 0 }
    let full = largest ?? means.compactMap { $0?.mean.magnitude }.max() ?? 0
    let heights = glyphs == .unicode ? Array("▁▂▃▄▅▆▇█") : Array(".:~=+*%#")
    let zero: Character = isSigned ? (glyphs == .unicode ? "─" : "-") : "_"
    return String(
      means.map { column in
        guard let column else { return " " }
        if column.isZero { return zero }
        let share = full > 0 ? min(column.mean.magnitude / full, 1) : 1
        guard isSigned else { return heights[max(Int((share * 8).rounded()), 1) - 1] }
        // Seven heights, of which the fourth is the middle: as far down as up.
        let distance = Int((share * 3).rounded())
        return heights[3 + (column.mean < 0 ? -distance : distance)]
      })
  }

  private struct Column {
    var mean: Double
    var isZero: Bool
  }

  private static func condensed(_ values: [Double?], into width: Int) -> [Column?] {
    let columns = min(values.count, width)
    return (0..<columns).map { column in
      let known = values[column * values.count / columns..<(column + 1) * values.count / columns].compactMap(\.self)
      if known.isEmpty { return nil }
      // Divided first: the sum of the largest numbers would be infinite.
      let mean = known.reduce(0) { $0 + $1 / Double(known.count) }
      return Column(mean: mean, isZero: known.allSatisfy { $0 == 0 })
    }
  }
}
