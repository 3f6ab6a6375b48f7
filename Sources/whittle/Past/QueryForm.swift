internal import ModelCatalog

/// How the rows of a query are written, one after the other.
protocol QueryForm {
  /// What is to be written next.
  var bytes: [UInt8] { get set }

  mutating func begin(_ columns: [String])
  mutating func add(_ row: [CatalogValue])
  mutating func end()
}

extension QueryForm {
  /// Hands over what is to be written, or nothing while that is little.
  mutating func take(atLeast count: Int) -> [UInt8] {
    guard bytes.count >= count else { return [] }
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }
}

/// Records of RFC 4180, but for line ends of one byte. What has no value is empty.
struct QueryCSV: QueryForm {
  var bytes: [UInt8] = []

  mutating func begin(_ columns: [String]) { bytes.appendCSVRecord(columns) }
  mutating func add(_ row: [CatalogValue]) { bytes.appendCSVRecord(row.map { $0.text(digits: nil) }) }
  func end() {}
}

/// One object on one line: `columns`, and `rows` of as many values.
struct QueryJSON: QueryForm {
  var bytes: [UInt8] = []
  private var isFirst = true

  mutating func begin(_ columns: [String]) {
    bytes += "{\"columns\":[".utf8
    for (place, column) in columns.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.appendJSONString(column.utf8)
    }
    bytes += "],\"rows\":[".utf8
  }

  mutating func add(_ row: [CatalogValue]) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
    bytes.append(UInt8(ascii: "["))
    for (place, value) in row.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      switch value {
      case .null: bytes += "null".utf8
      // JSON has no infinity, and what reads JSON takes this for it, as it does from SQLite itself.
      case .real(let number) where number.isInfinite: bytes += (number < 0 ? "-1e999" : "1e999").utf8
      case .integer, .real: bytes += value.text(digits: nil).utf8
      case .text, .blob: bytes.appendJSONString(value.text(digits: nil).utf8)
      }
    }
    bytes.append(UInt8(ascii: "]"))
  }

  mutating func end() { bytes += "]}\n".utf8 }
}

/// Aligned columns, for people: all rows are kept until the last one has come.
struct QueryTable: QueryForm {
  var bytes: [UInt8] = []
  private let style: Style
  private var columns: [String] = []
  private var rows: [[CatalogValue]] = []

  /// Of numbers: more than coefficients have, and few enough that those look like numbers.
  private static let digits = 10

  init(style: Style) { self.style = style }

  mutating func begin(_ columns: [String]) { self.columns = columns }
  mutating func add(_ row: [CatalogValue]) { rows.append(row) }

  mutating func end() {
    let alignments = columns.indices.map { column -> Table.Alignment in
      rows.contains { $0[column].isNumber } && rows.allSatisfy { $0[column].isNumber || $0[column] == .null }
        ? .right : .left
    }
    var table = Table(alignments, header: columns)
    for row in rows { table.add(row.map { $0.text(digits: QueryTable.digits) }) }
    bytes += table.text(style).utf8
  }
}

extension CatalogValue {
  fileprivate var isNumber: Bool { real != nil }

  /// - Parameter digits: of a real number, so many significant ones; nil: as many as it takes to read the same number.
  fileprivate func text(digits: Int?) -> String {
    switch self {
    case .null: ""
    case .integer(let number): String(number)
    case .real(let number): digits.map { Format.number(number, digits: $0) } ?? String(number)
    case .text(let text): text
    case .blob(let bytes):
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}
