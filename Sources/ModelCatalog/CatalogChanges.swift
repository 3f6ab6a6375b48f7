internal import FoundationEssentials
internal import GRDB
internal import ModelStore
internal import OnlineLearning

/// What can be done to a catalog, inside a transaction.
struct CatalogChanges {
  /// What the catalog says of a checkpoint's file, and whether it has the coefficients that it should have.
  struct Known: Equatable {
    let file: String
    let checksum: String
    let coefficients: Int
    let activeSet: Int
  }

  private let database: Database

  init(_ database: Database) { self.database = database }

  /// The checkpoints that are there, by their numbers.
  func known() throws -> [Int64: Known] {
    var known: [Int64: Known] = [:]
    let rows = try Row.fetchCursor(
      database, sql: "SELECT id, file, checksum, coefficients, active_set FROM checkpoints")
    while let row = try rows.next() {
      known[row[0]] = Known(file: row[1], checksum: row[2], coefficients: row[3], activeSet: row[4])
    }
    return known
  }

  /// Of each checkpoint, at most so many coefficients are kept; nil where nobody has said yet.
  func limit() throws -> Int? {
    try Int.fetchOne(
      database, sql: "SELECT value FROM settings WHERE key = ?", arguments: [CatalogSchema.limitKey])
  }

  func setLimit(_ limit: Int) throws {
    try database.execute(
      sql: "INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", arguments: [CatalogSchema.limitKey, limit])
  }

  func removeAll() throws {
    for table in ["coefficients", "features", "checkpoints"] { try database.execute(sql: "DELETE FROM \(table)") }
  }

  /// Removes checkpoints, and the features that no other checkpoint has.
  func remove(_ checkpoints: some Sequence<Int64>) throws {
    for checkpoint in checkpoints {
      try database.execute(
        sql: """
          DELETE FROM features
          WHERE id IN (SELECT feature FROM coefficients WHERE checkpoint = :id)
            AND NOT EXISTS (SELECT 1 FROM coefficients WHERE feature = features.id AND checkpoint <> :id)
          """, arguments: ["id": checkpoint])
      try database.execute(sql: "DELETE FROM checkpoints WHERE id = ?", arguments: [checkpoint])
    }
  }

  /// Adds a checkpoint, in place of one of the same number.
  ///
  /// - Complexity: O(coefficients · log all coefficients)
  func add(_ entry: CatalogEntry) throws {
    let id = Int64(clamping: entry.file.entry.sequence)
    try remove(CollectionOfOne(id))
    try addRow(entry, id)
    try addCoefficients(entry, id)
  }

  private func addRow(_ entry: CatalogEntry, _ id: Int64) throws {
    let (snapshot, file) = (entry.checkpoint.snapshot, entry.file)
    let loss = snapshot.configuration.lossFunction
    let step = Int64(clamping: snapshot.steps)
    let values: [(any DatabaseValueConvertible)?] = [
      id, entry.checkpoint.time, step, step, Int64(clamping: entry.checkpoint.position),
      snapshot.validation.overall(loss)?.loss, snapshot.validation.recent(loss)?.loss, snapshot.featureCount,
      entry.activeSet, entry.l1Norm, entry.l2Norm, snapshot.learner.intercept, file.configuration, file.entry.name,
      file.bytes, file.checksum, entry.heaviest.count,
    ]
    let places = values.map { _ in "?" }.joined(separator: ", ")
    try database.execute(
      sql: "INSERT INTO checkpoints (\(CatalogCheckpoint.columns)) VALUES (\(places))",
      arguments: StatementArguments(values))
  }

  private func addCoefficients(_ entry: CatalogEntry, _ id: Int64) throws {
    // Names go in as bytes, since a text would end at a NUL.
    let find = try database.makeStatement(sql: "SELECT id FROM features WHERE name = CAST(? AS TEXT)")
    let insertName = try database.makeStatement(sql: "INSERT INTO features (name) VALUES (CAST(? AS TEXT))")
    let insert = try database.makeStatement(
      sql: "INSERT OR IGNORE INTO coefficients (checkpoint, feature, coefficient) VALUES (?, ?, ?)")
    for element in entry.heaviest {
      var name = entry.checkpoint.snapshot.name(at: element.index)
      // A hashed feature that is called `#7` and another that has no name but its index 7 would be one: the heavier one is.
      while true {
        let bytes = Data(name.utf8)
        let feature: Int64
        if let known = try Int64.fetchOne(find, arguments: [bytes]) {
          feature = known
        } else {
          try insertName.execute(arguments: [bytes])
          feature = database.lastInsertedRowID
        }
        try insert.execute(arguments: [id, feature, Double(element.value)])
        if database.changesCount == 1 { break }
        name += " (#\(element.index))"
      }
    }
  }
}
