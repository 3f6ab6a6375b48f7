/// A small chart in text: one series as a line of braille dots, several as lines of letters that a legend names.
///
///      1 ┤     aaaabbbbb
///        │ aaabbbb
///      0 ┼─b─────────────
///        └───────────────
///         0        12,000
///     a sleep  b homework
struct Chart {
  struct Point: Equatable {
    var x: Double
    /// Nil is a gap: the line ends before it and begins anew behind it.
    var y: Double?
  }

  struct Series {
    var name: String
    /// In ascending order of x; those that are not finite are gaps.
    var points: [Point]
  }

  var series: [Series]
  var glyphs = Glyphs.unicode
  var style = Style.plain
  /// Whether zero is on the y axis even if no value is near; the coefficients' is, since zero means a feature is out.
  var includesZero = true
  /// What to write for a place on the x axis; steps unless said otherwise.
  var labelX: (Double) -> String = { Format.count(Int64(exactly: $0.rounded()) ?? 0) }

  /// The chart in at most `rows` lines that take at most `columns` each; none where there is nothing to draw or no room for it.
  ///
  /// - Complexity: O(points + columns · rows · series)
  func lines(columns: Int, rows: Int) -> [String] {
    let known = series.flatMap(\.points).filter { $0.x.isFinite && ($0.y ?? .nan).isFinite }
    guard !known.isEmpty else { return [] }
    let legend = series.count > 1 ? self.legend(columns: columns, rows: rows / 3) : []
    let height = rows - 2 - legend.count
    guard height >= 2 else { return [] }
    let axis = ChartAxis(known.compactMap(\.y) + (includesZero ? [0] : []), ticks: max(height / 2, 2))
    let labelWidth = axis.labels.map(DisplayWidth.of).max() ?? 0
    let width = columns - labelWidth - 2
    guard width >= 4 else { return [] }
    let firstX = known.map(\.x).min() ?? 0
    let lastX = known.map(\.x).max() ?? 0

    let canvas = painted(axis, x: firstX...lastX, width: width, height: height)
    var labels: [Int: String] = [:]
    var zeroRow: Int?
    for (tick, label) in zip(axis.ticks, axis.labels) {
      let row = canvas.row(of: axis.share(tick))
      if labels[row] == nil || tick == 0 { labels[row] = label }
      if tick == 0 { zeroRow = row }
    }
    var lines: [String] = []
    for row in 0..<height {
      let stem = labels[row] == nil ? bars.stem : row == zeroRow ? bars.zero : bars.tick
      let left = DisplayWidth.padded(labels[row] ?? "", to: labelWidth, .right) + " " + stem
      var line = style.dim(left)
      for column in 0..<width {
        if let cell = canvas.cell(row, column, glyphs: glyphs) {
          line += series.count > 1 ? style.hue(cell.series, cell.text) : cell.text
        } else {
          line += row == zeroRow ? style.dim(bars.line) : " "
        }
      }
      lines.append(line)
    }
    let margin = String(repeating: " ", count: labelWidth + 1)
    lines.append(style.dim(margin + bars.corner + String(repeating: bars.line, count: width)))
    lines.append(style.dim(margin + " " + ends(firstX, lastX, width: width)))
    return lines + legend
  }

  private var bars: (stem: String, tick: String, zero: String, corner: String, line: String) {
    glyphs == .unicode ? ("│", "┤", "┼", "└", "─") : ("|", "+", "+", "+", "-")
  }

  /// The letter of a series.
  private func letter(_ number: Int) -> Character {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return letters[number % letters.count]
  }

  private func painted(_ axis: ChartAxis, x: ClosedRange<Double>, width: Int, height: Int) -> ChartCanvas {
    let isFine = series.count == 1 && glyphs == .unicode
    var canvas = ChartCanvas(
      columns: width, rows: height, isFine: isFine,
      marks: series.count == 1 ? ["*"] : series.indices.map(letter))
    // Halved first: the difference of the largest numbers would be infinite.
    let span = x.upperBound / 2 - x.lowerBound / 2
    for (number, one) in series.enumerated() {
      var before: (x: Double, y: Double)?
      for point in one.points {
        guard point.x.isFinite, let y = point.y, y.isFinite else {
          before = nil
          continue
        }
        let place = (span > 0 ? (point.x / 2 - x.lowerBound / 2) / span : 0, axis.share(y))
        canvas.draw(from: before ?? place, to: place, series: number, joined: series.count == 1)
        before = place
      }
    }
    return canvas
  }

  /// The first and the last place on the x axis, at their ends.
  private func ends(_ first: Double, _ last: Double, width: Int) -> String {
    let left = DisplayWidth.cut(labelX(first), to: width)
    let right = labelX(last)
    let space = width - DisplayWidth.of(left) - DisplayWidth.of(right)
    guard first < last, space >= 1 else { return left }
    return left + String(repeating: " ", count: space) + right
  }

  /// Letters and names, as many to a line as there is room for.
  private func legend(columns: Int, rows: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    var width = 0
    for (number, one) in series.enumerated() {
      let name = DisplayWidth.fitted(Format.name(one.name), to: max(columns - 2, 0), glyphs: glyphs)
      let entryWidth = 2 + DisplayWidth.of(name)
      if width > 0 && width + 2 + entryWidth > columns {
        lines.append(line)
        (line, width) = ("", 0)
      }
      if width > 0 { line += "  " }
      line += style.hue(number, String(letter(number))) + " " + name
      width += (width > 0 ? 2 : 0) + entryWidth
    }
    lines.append(line)
    if lines.count <= rows { return lines }
    return Array(lines.prefix(max(rows - 1, 0))) + (rows > 0 ? [glyphs == .unicode ? "…" : "..."] : [])
  }
}
