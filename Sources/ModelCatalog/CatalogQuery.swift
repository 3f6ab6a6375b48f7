internal import GRDB

/// Queries that come from outside: which may run, and what to say of those that SQLite does not take.
enum CatalogQuery {
  private static let reading: Set<String> = ["SELECT", "VALUES", "WITH", "EXPLAIN"]

  /// Whether a statement begins like one that only reads. What SQLite holds for reading besides, such as ATTACH and VACUUM
  /// INTO, opens or writes other files.
  static func onlyReads(_ sql: String) -> Bool {
    let start = withoutComments(sql.utf8[...])
    let word = start.prefix { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 }
    return reading.contains(String(decoding: word, as: UTF8.self).uppercased())
  }

  /// A statement from its first word on.
  private static func withoutComments(_ sql: Substring.UTF8View) -> Substring.UTF8View {
    var rest = sql
    while let first = rest.first {
      if " \t\n\r\u{0C};".utf8.contains(first) {
        rest = rest.dropFirst()
      } else if rest.starts(with: "--".utf8) {
        rest = rest.drop { $0 != UInt8(ascii: "\n") }
      } else if rest.starts(with: "/*".utf8) {
        rest = rest.dropFirst(2)
        while !rest.isEmpty, !rest.starts(with: "*/".utf8) { rest = rest.dropFirst() }
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    return rest
  }

  /// What SQLite says of a statement, with the names that it might have meant.
  static func error(_ error: DatabaseError, _ database: Database) throws -> CatalogError {
    var problem = error.message ?? error.resultCode.description
    if problem.hasPrefix("no such table") {
      problem += "; there are \(try tables(database).joined(separator: ", "))"
    } else if problem.hasPrefix("no such column") {
      for table in try tables(database) {
        let columns = try String.fetchAll(
          database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
        problem += "\n  \(table)(\(columns.joined(separator: ", ")))"
      }
    }
    return .query(problem: problem)
  }

  private static func tables(_ database: Database) throws -> [String] {
    try String.fetchAll(
      database,
      sql: "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' ORDER BY rowid")
  }
}
