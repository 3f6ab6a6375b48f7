internal import FoundationEssentials
internal import GRDB
internal import Glibc

/// Reads the catalog of a state directory, and changes nothing.
///
/// Whoever writes to it meanwhile is not held up, and holds nobody up: each call below, and `query` as a whole, sees the
/// catalog as it was when the call began. With or without a daemon, also for users who may read the directory's files but
/// not write to them.
public struct CatalogReader: Sendable {
  /// The catalog's file.
  public let path: String
  private let database: DatabaseQueue

  /// How long it waits for a lock. There is hardly one that holds up readers: while a catalog is being made.
  private static let patience = 5.0

  /// The catalog of a state directory.
  public static func path(in directory: String) -> String { "\(directory)/\(CatalogSchema.fileName)" }

  /// - Parameter directory: the state directory.
  /// - Throws: `missing`, `otherSchema`, `damaged`, or `failed` with what SQLite says.
  public init(directory: String) throws(CatalogError) {
    let path = CatalogReader.path(in: directory)
    self.path = path
    guard access(path, F_OK) == 0 else { throw .missing(path: path) }
    try CatalogDatabase.expectNoDirectory(path)
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(CatalogReader.patience)
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      let version = try database.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } ?? 0
      if version != CatalogSchema.version { throw CatalogError.otherSchema(path: path, version: version) }
    } catch {
      throw CatalogReader.error(error, path)
    }
  }

  /// All checkpoints, the oldest first.
  public func checkpoints() throws(CatalogError) -> [CatalogCheckpoint] {
    try rows("SELECT \(CatalogCheckpoint.columns) FROM checkpoints ORDER BY id").compactMap { CatalogCheckpoint($0) }
  }

  /// The coefficients of a checkpoint, the heaviest first, and by their names where they weigh the same; empty where there
  /// is no such checkpoint.
  ///
  /// - Parameter top: at most so many; nil takes all that there are.
  /// - Complexity: O(coefficients), and to sort them
  public func coefficients(of checkpoint: Int64, top: Int? = nil) throws(CatalogError) -> [CatalogCoefficient] {
    try rows(
      """
      SELECT features.name, coefficients.coefficient
      FROM coefficients JOIN features ON features.id = coefficients.feature
      WHERE coefficients.checkpoint = ?
      ORDER BY abs(coefficients.coefficient) DESC, features.name LIMIT ?
      """, [checkpoint, top ?? -1]
    ).compactMap { CatalogCoefficient($0) }
  }

  /// A feature at all checkpoints, the oldest first; empty where the catalog never had a coefficient of that name.
  public func trajectory(of name: String) throws(CatalogError) -> [CatalogPoint] {
    // Bound as bytes: a text would end at a NUL.
    try rows(
      """
      SELECT checkpoint, time, step, coefficient FROM trajectory WHERE name = CAST(? AS TEXT) ORDER BY checkpoint
      """, [Data(name.utf8)]
    ).compactMap { CatalogPoint($0) }
  }

  /// The features whose coefficients differ between two checkpoints, in no order.
  ///
  /// - Complexity: O(coefficients)
  public func changes(from before: Int64, to after: Int64) throws(CatalogError) -> [CatalogChange] {
    try rows(
      """
      WITH
        pair(before, after, zero_before, zero_after) AS (
          SELECT one.id, other.id, iif(one.coefficients = one.active_set, 0.0, NULL),
            iif(other.coefficients = other.active_set, 0.0, NULL)
          FROM checkpoints AS one CROSS JOIN checkpoints AS other WHERE one.id = ? AND other.id = ?
        )
      SELECT features.name, coalesce(one.coefficient, pair.zero_before), other.coefficient
      FROM pair
        JOIN coefficients AS other ON other.checkpoint = pair.after
        JOIN features ON features.id = other.feature
        LEFT JOIN coefficients AS one ON one.checkpoint = pair.before AND one.feature = other.feature
      WHERE one.coefficient IS NOT other.coefficient
      UNION ALL
      SELECT features.name, one.coefficient, pair.zero_after
      FROM pair
        JOIN coefficients AS one ON one.checkpoint = pair.before
        JOIN features ON features.id = one.feature
      WHERE NOT EXISTS (SELECT 1 FROM coefficients WHERE checkpoint = pair.after AND feature = one.feature)
      """, [before, after]
    ).compactMap { CatalogChange($0) }
  }

  /// Runs any one statement that only reads: SELECT, VALUES, WITH or EXPLAIN.
  ///
  /// - Parameters:
  ///   - columns: takes the names of the columns, once, before the first row.
  ///   - row: takes the rows, one after the other: they are never in memory together.
  /// - Throws: `query` with what SQLite finds wrong, `damaged`, `failed`; or what `columns` or `row` throw.
  public func query(
    _ sql: String, columns: ([String]) throws -> Void, row: ([CatalogValue]) throws -> Void
  ) throws {
    guard CatalogQuery.onlyReads(sql) else {
      throw CatalogError.query(problem: "only SELECT, VALUES, WITH and EXPLAIN can be asked: the catalog is read-only")
    }
    try read { database in
      let statement: Statement
      do {
        statement = try database.makeStatement(sql: sql)
        guard statement.isReadonly else {
          throw CatalogError.query(problem: "the statement would write: the catalog is read-only")
        }
        try statement.validateArguments(StatementArguments())
      } catch let error as DatabaseError {
        throw try CatalogQuery.error(error, database)
      }
      try columns(statement.columnNames)
      let count = Int32(statement.columnCount)
      let cursor = try Row.fetchCursor(statement)
      while true {
        do {
          guard try cursor.next() != nil else { break }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_ERROR {
          throw try CatalogQuery.error(error, database)
        }
        try row((0..<count).map { CatalogValue(statement.sqliteStatement, column: $0) })
      }
    }
  }

  private func rows(_ sql: String, _ arguments: StatementArguments = []) throws(CatalogError) -> [[CatalogValue]] {
    do {
      return try read { database in
        let statement = try database.makeStatement(sql: sql)
        let count = Int32(statement.columnCount)
        let cursor = try Row.fetchCursor(statement, arguments: arguments)
        var rows: [[CatalogValue]] = []
        while try cursor.next() != nil {
          rows.append((0..<count).map { CatalogValue(statement.sqliteStatement, column: $0) })
        }
        return rows
      }
    } catch {
      throw CatalogError(error, path: path)
    }
  }

  private func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    do {
      return try database.read(body)
    } catch let error as DatabaseError {
      throw CatalogReader.error(error, path)
    }
  }

  /// What an error means that comes of opening or reading.
  private static func error(_ error: any Error, _ path: String) -> CatalogError {
    guard let error = error as? DatabaseError, error.resultCode == .SQLITE_CANTOPEN else {
      return CatalogError(error, path: path)
    }
    return .failed(
      path: path,
      problem: "it cannot be opened: either its permissions do not allow it, or \(CatalogSchema.fileName)-wal and "
        + "\(CatalogSchema.fileName)-shm are missing, and nobody without the right to write to the directory can read it "
        + "without them; whittled makes them with the next checkpoint")
  }
}
