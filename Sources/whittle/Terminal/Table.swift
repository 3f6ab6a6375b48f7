/// Text in aligned columns.
struct Table {
  enum Alignment { case left, right }

  private let alignments: [Alignment]
  private let header: [String]?
  private var rows: [[String]] = []

  /// - Parameter header: one title for each column, or none.
  init(_ alignments: [Alignment], header: [String]? = nil) {
    self.alignments = alignments
    self.header = header
  }

  /// Cells that are missing at the end are empty; control characters are replaced.
  mutating func add(_ cells: [String]) {
    rows.append(cells.map(Format.name))
  }

  /// Each row on a line that ends in a newline, without trailing spaces.
  func text(_ style: Style = .plain) -> String {
    let all = (header.map { [$0] } ?? []) + rows
    let widths = alignments.indices.map { column in
      all.map { column < $0.count ? DisplayWidth.of($0[column]) : 0 }.max() ?? 0
    }
    var text = ""
    for (position, row) in all.enumerated() {
      var line = ""
      for (column, alignment) in alignments.enumerated() {
        let cell = column < row.count ? row[column] : ""
        if column > 0 { line += "  " }
        line += DisplayWidth.padded(cell, to: widths[column], alignment)
      }
      while line.last == " " { line.removeLast() }
      text += (header != nil && position == 0 ? style.bold(line) : line) + "\n"
    }
    return text
  }
}
