internal import FoundationEssentials
internal import GRDB
internal import GRDBSQLite
internal import Glibc

/// A catalog that is open for writing.
struct CatalogDatabase {
  private let path: String
  private let queue: DatabaseQueue

  /// How long it waits for others that write. Whoever asked for a checkpoint waits as long.
  private static let patience = 1.0

  /// Opens it, and makes it where it is missing.
  ///
  /// - Throws: `otherSchema` or `damaged` where it is to be made anew, `busy`, or `failed`.
  init(path: String) throws(CatalogError) {
    self.path = path
    try CatalogDatabase.expectNoDirectory(path)
    var configuration = Configuration()
    configuration.busyMode = .timeout(CatalogDatabase.patience)
    configuration.prepareDatabase { database in
      // Without these two files, nobody who may not write to the directory could read it.
      var persists: CInt = 1
      sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_PERSIST_WAL, &persists)
    }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.writeWithoutTransaction { database in
        // A limit lets closing shorten the log, whatever it is.
        try database.execute(
          sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 1048576")
        try CatalogDatabase.prepare(database, path)
      }
    } catch {
      throw CatalogError(error, path: path)
    }
  }

  /// SQLite would only say that something cannot be opened or read.
  static func expectNoDirectory(_ path: String) throws(CatalogError) {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw .failed(path: path, problem: "it is a directory, where a file should be: move it away")
    }
  }

  private static func prepare(_ database: Database, _ path: String) throws {
    let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    let found = try Set(String.fetchAll(database, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    if found.isEmpty, version == 0 {
      return try database.inTransaction(.immediate) {
        for statement in CatalogSchema.statements { try database.execute(sql: statement) }
        try database.execute(sql: "PRAGMA user_version = \(CatalogSchema.version)")
        return .commit
      }
    }
    guard version == CatalogSchema.version, found.isSuperset(of: CatalogSchema.statements) else {
      throw CatalogError.otherSchema(path: path, version: version)
    }
  }

  /// - Throws: `otherSchema` where somebody has made another catalog of it.
  func expectSchema() throws(CatalogError) { try perform { try CatalogDatabase.prepare($0, path) } }

  /// Looks for damage in all of it.
  ///
  /// - Complexity: O(bytes)
  func check() throws(CatalogError) {
    let problem = try perform { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
    if let problem, problem != "ok" { throw .damaged(path: path, problem: problem) }
  }

  /// Changes it as a whole, or not at all.
  func change<Result>(_ body: (CatalogChanges) throws -> Result) throws(CatalogError) -> Result {
    try perform { database in
      var result: Result?
      try database.inTransaction(.immediate) {
        result = try body(CatalogChanges(database))
        return .commit
      }
      guard let result else { throw CatalogError.failed(path: path, problem: "a change came to no end") }
      return result
    }
  }

  /// Moves what the log holds into the database, as far as nobody reads it just now; readers are not held up.
  func emptyLog() {
    // What stays in the log is as safe there.
    try? queue.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA busy_timeout = 0")
      defer { try? database.execute(sql: "PRAGMA busy_timeout = \(Int(CatalogDatabase.patience * 1000))") }
      _ = try Row.fetchAll(database, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }

  private func perform<Result>(_ body: (Database) throws -> Result) throws(CatalogError) -> Result {
    do {
      return try queue.writeWithoutTransaction(body)
    } catch {
      throw CatalogError(error, path: path)
    }
  }

  /// Removes the file and what belongs to it. Whoever is reading it goes on reading what is gone.
  static func remove(path: String) throws(CatalogError) {
    for name in ["\(path)-shm", "\(path)-wal", path] where unlink(name) != 0 && errno != ENOENT {
      throw .failed(path: name, problem: "it cannot be removed: \(String(cString: strerror(errno)))")
    }
  }
}
