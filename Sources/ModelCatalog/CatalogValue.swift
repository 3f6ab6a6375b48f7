internal import GRDBSQLite

/// What stands in a column of a row.
public enum CatalogValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case real(Double)
  /// Bytes that are no UTF-8 are replaced. It may hold NUL.
  case text(String)
  case blob([UInt8])

  /// Of the row that a statement has come to.
  ///
  /// - Precondition: the statement has a row, with so many columns.
  init(_ statement: OpaquePointer, column: Int32) {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: self = .real(sqlite3_column_double(statement, column))
    case SQLITE_TEXT: self = .text(String(decoding: CatalogValue.bytes(statement, column), as: UTF8.self))
    case SQLITE_BLOB: self = .blob(Array(CatalogValue.bytes(statement, column)))
    default: self = .null
    }
  }

  /// A value's bytes, until the statement goes on. Texts are SQLite's: all of them, also beyond a NUL.
  private static func bytes(_ statement: OpaquePointer, _ column: Int32) -> UnsafeRawBufferPointer {
    // In this order: asking for the bytes first decides over what is counted.
    let start = sqlite3_column_blob(statement, column)
    return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(statement, column)))
  }

  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// Of a number.
  public var real: Double? {
    switch self {
    case .real(let value): value
    case .integer(let value): Double(value)
    case .null, .text, .blob: nil
    }
  }
  public var text: String? { if case .text(let value) = self { value } else { nil } }
}
