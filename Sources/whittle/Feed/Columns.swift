/// Which columns of a CSV file are what, as asked for on the command line.
struct ColumnRoles: Equatable {
  /// The target's column; nil takes the one named `y` or `target`.
  var target: String?
  var weight: String?
  var ignored: Set<String> = []
}

/// Which columns of one CSV file are what, by position.
struct Columns: Equatable {
  struct Feature: Equatable {
    let index: Int
    let name: String
  }

  /// How many fields each row has.
  let count: Int
  let target: Int
  let targetName: String
  let weight: Int?
  let features: [Feature]

  /// - Throws: `badData` when a column is missing, has no name, or has another's.
  init(header: CSVRecord, file: String, roles: ColumnRoles) throws(ToolError) {
    func bad(_ reason: String) -> ToolError { .badData(file: file, line: header.line, reason: reason) }
    var names: [String] = []
    for column in 0..<header.count {
      guard let name = String(validating: Cell.trimmed(header[column]), as: UTF8.self) else {
        throw bad("the name of column \(column + 1) is not UTF-8; convert the file, for example with iconv")
      }
      names.append(name)
    }
    let listed = names.map { "\"\($0)\"" }.joined(separator: ", ")
    var positions: [String: Int] = [:]
    for (column, name) in names.enumerated() where !roles.ignored.contains(name) {
      if name.isEmpty {
        throw bad("column \(column + 1) has no name; name it, or leave it out with --ignore ''")
      }
      if let other = positions.updateValue(column, forKey: name) {
        throw bad("columns \(other + 1) and \(column + 1) are both named \"\(name)\"; rename one")
      }
    }
    func position(_ name: String, _ flag: String) throws(ToolError) -> Int {
      guard let position = positions[name] else {
        throw bad("\(flag): there is no column \"\(name)\"; the columns are \(listed)")
      }
      return position
    }
    for name in roles.ignored.sorted() where !names.contains(name) {
      throw bad("--ignore: there is no column \"\(name)\"; the columns are \(listed)")
    }
    if let name = roles.target {
      targetName = name
    } else {
      let candidates = ["y", "target"].filter { positions[$0] != nil }
      guard candidates.count == 1 else {
        let problem = candidates.isEmpty ? "no column is named y or target" : "there are columns y and target"
        throw bad("\(problem); say which is the target with --target; the columns are \(listed)")
      }
      targetName = candidates[0]
    }
    let target = try position(targetName, "--target")
    var weight: Int?
    if let name = roles.weight { weight = try position(name, "--weight") }
    count = names.count
    self.target = target
    self.weight = weight
    features = names.enumerated()
      .filter { $0.offset != target && $0.offset != weight && !roles.ignored.contains($0.element) }
      .map { Feature(index: $0.offset, name: $0.element) }
  }
}
