/// The cells of a chart, and the dots or letters in them.
///
/// A fine canvas has 2 by 4 dots a cell, which Unicode's braille patterns show:
///
///     1 4   a pattern is U+2800 and a bit for each dot,
///     2 5   from the lowest in this order
///     3 6
///     7 8
struct ChartCanvas {
  private let columns: Int
  private let rows: Int
  private let isFine: Bool
  private let marks: [Character]
  /// Of each cell the braille bits, or the bits of the series that go through it.
  private var cells: [UInt64]

  /// - Parameter marks: one for each series, where the canvas is not fine.
  init(columns: Int, rows: Int, isFine: Bool, marks: [Character]) {
    self.columns = columns
    self.rows = rows
    self.isFine = isFine
    self.marks = marks
    cells = Array(repeating: 0, count: columns * rows)
  }

  /// The row, from the top, of a share of the height from 0 to 1.
  func row(of share: Double) -> Int { dotRow(share) / (isFine ? 4 : 1) }

  /// Draws a straight line between two places, given as shares of width and height, from left to right.
  ///
  /// - Parameter joined: whether dots above each other are filled where it is steep.
  mutating func draw(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), series: Int, joined: Bool
  ) {
    let first = dotColumn(start.x)
    let last = max(dotColumn(end.x), first)
    var before = dotRow(start.y)
    for column in first...last {
      let share = last > first ? Double(column - first) / Double(last - first) : 1
      let row = dotRow(start.y + (end.y - start.y) * share)
      // Neighbours touch at their corners at least.
      let nearest = row > before ? before + 1 : row < before ? before - 1 : row
      let filled = joined ? min(nearest, row)...max(nearest, row) : row...row
      for one in filled { set(column, one, series) }
      before = row
    }
  }

  /// What stands in a cell; where several series meet, they take turns from column to column.
  func cell(_ row: Int, _ column: Int, glyphs: Glyphs) -> (text: String, series: Int)? {
    let bits = cells[row * columns + column]
    if bits == 0 { return nil }
    if isFine {
      // Eight bits above U+2800 are always a scalar.
      return (Unicode.Scalar(0x2800 + UInt32(bits & 0xFF)).map { String($0) } ?? "*", 0)
    }
    let here = marks.indices.filter { bits & (1 << UInt64($0 % 64)) != 0 }
    guard !here.isEmpty else { return nil }
    let series = here[column % here.count]
    return (String(marks[series]), series)
  }

  private func dotColumn(_ share: Double) -> Int {
    Int((share * Double(columns * (isFine ? 2 : 1) - 1)).rounded())
  }

  private func dotRow(_ share: Double) -> Int {
    Int(((1 - share) * Double(rows * (isFine ? 4 : 1) - 1)).rounded())
  }

  private mutating func set(_ column: Int, _ row: Int, _ series: Int) {
    guard isFine else {
      cells[row * columns + column] |= 1 << UInt64(series % 64)
      return
    }
    let dots: [[UInt64]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
    cells[row / 4 * columns + column / 2] |= dots[row % 4][column % 2]
  }
}
