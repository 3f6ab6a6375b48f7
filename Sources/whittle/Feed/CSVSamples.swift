/// The rows of one CSV file as samples in JSON: `{"y": 3.2, "weight": 2, "x": {"sleep": 7.5}}`.
struct CSVSamples {
  /// A feature, its name already written as a JSON key with its colon.
  private struct Feature {
    let index: Int
    let name: String
    let key: [UInt8]
    let scale: Scale?
  }

  private let file: String
  private let columns: Columns
  private let features: [Feature]
  private let targetScale: Scale?
  private var reader: CSVReader
  private var record = CSVRecord()

  /// Reads the header.
  ///
  /// - Throws: `badData` when the file is empty or its header does not fit the roles.
  init(
    file: String, roles: ColumnRoles, standardization: Standardization? = nil, _ source: @escaping ByteSource
  ) throws(ToolError) {
    self.file = file
    reader = CSVReader(file: file, source)
    guard try reader.next(&record) else {
      throw .badData(file: file, line: nil, reason: "it is empty; a CSV file begins with the columns' names")
    }
    columns = try Columns(header: record, file: file, roles: roles)
    targetScale = standardization?.target
    features = columns.features.compactMap { feature in
      if standardization?.constant.contains(feature.name) == true { return nil }
      var key: [UInt8] = []
      key.appendJSONString(feature.name.utf8)
      key.append(UInt8(ascii: ":"))
      return Feature(
        index: feature.index, name: feature.name, key: key, scale: standardization?.features[feature.name])
    }
  }

  /// The line on which the row last read begins, from 1.
  var line: Int { record.line }

  /// Writes the next row's sample into `sample`.
  ///
  /// - Returns: false at the end.
  /// - Throws: `badData` with file and line.
  mutating func next(_ sample: inout [UInt8]) throws(ToolError) -> Bool {
    guard try nextRow() else { return false }
    sample.removeAll(keepingCapacity: true)
    sample.append(contentsOf: "{\"y\":".utf8)
    try appendTarget(to: &sample)
    if let weight = columns.weight { try appendWeight(record[weight], to: &sample) }
    sample.append(contentsOf: ",\"x\":{".utf8)
    var isFirst = true
    for feature in features {
      let bytes = record[feature.index]
      let cell = Cell(bytes)
      if cell == .empty { continue }
      if !isFirst { sample.append(UInt8(ascii: ",")) }
      isFirst = false
      sample.append(contentsOf: feature.key)
      try append(cell, bytes, of: feature, to: &sample)
    }
    sample.append(contentsOf: "}}".utf8)
    return true
  }

  /// Adds every row's numbers to the moments of their columns.
  mutating func measure(into moments: inout [String: Moments], target: inout Moments) throws(ToolError) {
    while try nextRow() {
      target.add(try targetValue())
      for feature in features {
        let bytes = record[feature.index]
        let cell = Cell(bytes)
        switch cell {
        case .empty: break
        case .notFinite: throw notFinite(feature.name)
        default:
          if let number = cell.number(of: bytes) {
            moments[feature.name, default: Moments()].add(number)
          } else {
            moments[feature.name, default: Moments()].isNumeric = false
          }
        }
      }
    }
  }

  private mutating func nextRow() throws(ToolError) -> Bool {
    guard try reader.next(&record) else { return false }
    if record.count != columns.count {
      throw bad("found \(record.count) fields, expected \(columns.count) as in the header")
    }
    return true
  }

  private func appendTarget(to sample: inout [UInt8]) throws(ToolError) {
    let target = try targetValue()
    if let targetScale {
      try append(targetScale.standardize(target), of: columns.targetName, to: &sample)
    } else if Cell(record[columns.target]) == .number {
      sample.append(contentsOf: Cell.trimmed(record[columns.target]))
    } else {
      sample.appendJSONNumber(target)
    }
  }

  private func targetValue() throws(ToolError) -> Double {
    let bytes = record[columns.target]
    guard let target = Cell(bytes).number(of: bytes) else {
      throw bad("the target \"\(columns.targetName)\" must be a finite number, not \(shown(bytes))")
    }
    return target
  }

  private func appendWeight(_ bytes: ArraySlice<UInt8>, to sample: inout [UInt8]) throws(ToolError) {
    let cell = Cell(bytes)
    if cell == .empty { return }
    guard let weight = cell.number(of: bytes), weight >= 0 else {
      throw bad("the importance weight must be a finite number of at least 0, not \(shown(bytes))")
    }
    sample.append(contentsOf: ",\"weight\":".utf8)
    sample.appendJSONNumber(weight)
  }

  private func append(
    _ cell: Cell, _ bytes: ArraySlice<UInt8>, of feature: Feature, to sample: inout [UInt8]
  ) throws(ToolError) {
    switch cell {
    case .number:
      if let scale = feature.scale, let number = cell.number(of: bytes) {
        try append(scale.standardize(number), of: feature.name, to: &sample)
      } else {
        sample.append(contentsOf: Cell.trimmed(bytes))
      }
    case .looseNumber(let number):
      try append(feature.scale?.standardize(number) ?? number, of: feature.name, to: &sample)
    case .boolean(let boolean):
      sample.append(contentsOf: (boolean ? "true" : "false").utf8)
    case .text, .empty:
      let text = Cell.trimmed(bytes)
      guard text.allSatisfy({ $0 < 0x80 }) || String(validating: text, as: UTF8.self) != nil else {
        throw bad("column \"\(feature.name)\" is not UTF-8; convert the file, for example with iconv")
      }
      sample.appendJSONString(text)
    case .notFinite:
      throw notFinite(feature.name)
    }
  }

  private func append(_ number: Double, of column: String, to sample: inout [UInt8]) throws(ToolError) {
    guard number.isFinite else { throw bad("column \"\(column)\" is too large to be standardized") }
    sample.appendJSONNumber(number)
  }

  private func notFinite(_ column: String) -> ToolError {
    bad(
      "column \"\(column)\" holds a number that is not finite; leave the cell empty where a value is missing")
  }

  private func bad(_ reason: String) -> ToolError { .badData(file: file, line: record.line, reason: reason) }

  private func shown(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.isEmpty ? "an empty cell" : "\"\(Format.name(String(decoding: bytes.prefix(40), as: UTF8.self)))\""
  }
}
