import FoundationEssentials
import ModelStore
import OnlineLearning
import TestSupport
import Testing

@testable import ModelCatalog

/// What the views and the reader's questions answer, against what follows from the models.
struct CatalogReaderTests {
  /// Three checkpoints: `a` always, `b` from the second on, `c` until the second, `d` never.
  private func place(limit: Int = CatalogKeeper.defaultLimit) throws -> CatalogPlace {
    var place = try CatalogPlace(limit: limit)
    try place.write(Model([("a", 8), ("c", 1), ("d", 0)]), time: 100)
    try place.write(Model([("a", 8), ("b", 2), ("c", 4), ("d", 0)]), time: 200)
    try place.write(Model([("a", 8), ("b", -2), ("c", 0), ("d", 0)]), time: 300)
    return place
  }

  private func rows(_ place: CatalogPlace, _ sql: String) throws -> [[CatalogValue]] {
    var rows: [[CatalogValue]] = []
    try place.reader.query(sql) { _ in
    } row: {
      rows.append($0)
    }
    return rows
  }

  private func coefficient(_ place: CatalogPlace, _ name: String, at checkpoint: Int64) throws -> Double {
    try place.reader.coefficients(of: checkpoint).first { $0.name == name }?.coefficient ?? 0
  }

  @Test func latestIsTheNewestTheHeaviestFirst() throws {
    let place = try place()
    #expect(try rows(place, "SELECT name FROM latest") == [[.text("a")], [.text("b")]])
    #expect(
      try rows(place, "SELECT coefficient FROM latest WHERE name = 'b'")
        == [[.real(coefficient(place, "b", at: 3))]])
  }

  @Test func trajectoriesAreZeroOutsideTheActiveSet() throws {
    let place = try place()
    let points = try place.reader.trajectory(of: "c")
    #expect(points.map(\.checkpoint) == [1, 2, 3])
    #expect(points.map(\.time) == [100, 200, 300])
    #expect(points.map(\.coefficient) == [try coefficient(place, "c", at: 1), try coefficient(place, "c", at: 2), 0])
    #expect(try place.reader.trajectory(of: "b").map(\.coefficient)[0] == 0)
    #expect(try place.reader.trajectory(of: "d").isEmpty)
    #expect(try place.reader.trajectory(of: "nobody").isEmpty)
  }

  @Test func whatTheCatalogDoesNotHaveIsUnknown() throws {
    let place = try place(limit: 1)
    // `c` is nowhere among the heaviest, and `a` always.
    #expect(try place.reader.trajectory(of: "a").allSatisfy { ($0.coefficient ?? 0) > 0 })
    #expect(try place.reader.trajectory(of: "c").isEmpty)
    #expect(try rows(place, "SELECT * FROM entered_and_left").isEmpty)
    var other = try CatalogPlace(limit: 1)
    try other.write(Model([("a", 8), ("b", 1)]))
    try other.write(Model([("a", 1), ("b", 8)]))
    #expect(try other.reader.trajectory(of: "a").map { $0.coefficient == nil } == [false, true])
    let changes = try other.reader.changes(from: 1, to: 2)
    #expect(changes.count == 2)
    #expect(changes.first { $0.name == "a" }?.after == nil && changes.first { $0.name == "b" }?.before == nil)
  }

  @Test func enteredAndLeftAreThoseOfAdjacentCheckpoints() throws {
    let place = try place()
    let found = try rows(
      place, "SELECT checkpoint, time, step, name, change, before, after FROM entered_and_left ORDER BY checkpoint")
    #expect(
      found == [
        [
          .integer(2), .real(200), .integer(4), .text("b"), .text("entered"), .real(0),
          .real(try coefficient(place, "b", at: 2)),
        ],
        [
          .integer(3), .real(300), .integer(4), .text("c"), .text("left"), .real(try coefficient(place, "c", at: 2)),
          .real(0),
        ],
      ])
  }

  @Test func changesAreBetweenAnyTwo() throws {
    let place = try place()
    let changes = try place.reader.changes(from: 1, to: 3).sorted { $0.name < $1.name }
    #expect(changes.map(\.name) == ["b", "c"], "a is the same in both")
    #expect(changes.map(\.before) == [0, try coefficient(place, "c", at: 1)])
    #expect(changes.map(\.after) == [try coefficient(place, "b", at: 3), 0])
    #expect(try place.reader.changes(from: 3, to: 3).isEmpty)
    #expect(try place.reader.changes(from: 1, to: 99).isEmpty)
  }

  @Test func theHeaviestSoMany() throws {
    let place = try place()
    #expect(try place.reader.coefficients(of: 2, top: 2).map(\.name) == ["a", "c"])
    #expect(try place.reader.coefficients(of: 2, top: 0).isEmpty)
    #expect(try place.reader.coefficients(of: 99).isEmpty)
  }

  @Test func valuesHaveTheirTypes() throws {
    let place = try place()
    let found = try rows(
      place, "SELECT NULL, 1, 1.5, 'a' || char(0) || 'b', x'00ff', '', x'', 9223372036854775807, 9e999")
    #expect(
      found == [
        [
          .null, .integer(1), .real(1.5), .text("a\0b"), .blob([0, 255]), .text(""), .blob([]), .integer(.max),
          .real(.infinity),
        ]
      ])
  }

  @Test(arguments: [
    "DELETE FROM checkpoints", "ATTACH 'other.sqlite' AS other", "VACUUM INTO 'copy.sqlite'", "PRAGMA user_version = 9",
    "PRAGMA journal_mode", "CREATE TEMP TABLE t (a)", "BEGIN", "WITH a AS (SELECT 1) DELETE FROM checkpoints",
    "/* SELECT */ DELETE FROM checkpoints", "-- SELECT\nDROP TABLE checkpoints", "SELECT 1; DELETE FROM checkpoints",
    "", " ", "--", "/*", "SELECT", "SELECT ?", "SELECT nothing FROM checkpoints", "SELECT * FROM nowhere", "SELECTx",
    "SELECT load_extension('x')", "SELECT abs(-9223372036854775808)", "\0SELECT 1",
  ])
  func whatDoesNotOnlyReadIsRefused(sql: String) throws {
    let place = try place()
    #expect {
      try place.reader.query(sql) { _ in
      } row: { _ in
      }
    } throws: {
      guard case .query? = $0 as? CatalogError else { return false }
      return true
    }
    #expect(try place.reader.checkpoints().count == 3)
    #expect(try place.temporary.names.filter { $0.contains("copy") || $0.contains("other") }.isEmpty)
  }

  @Test(arguments: [
    "SELECT 1", " select 1;", "VALUES (1)", "-- why\nSELECT 1", "/* why */ WITH a AS (SELECT 1) SELECT * FROM a",
    "EXPLAIN QUERY PLAN SELECT 1", "SELECT name FROM pragma_table_info('checkpoints')",
  ])
  func whatReadsIsTaken(sql: String) throws {
    #expect(try !rows(place(), sql).isEmpty)
  }

  @Test func whatIsNotThereIsToldWithWhatIs() throws {
    let place = try place()
    let table = #expect(throws: CatalogError.self) { try rows(place, "SELECT * FROM nowhere") }
    #expect(table?.description.contains("checkpoints, features, coefficients, latest, trajectory") == true)
    let column = #expect(throws: CatalogError.self) { try rows(place, "SELECT weight FROM latest") }
    #expect(column?.description.contains("latest(name, coefficient)") == true)
  }

  @Test func anotherSchemaIsToldFromThisOne() throws {
    let place = try place()
    let path = try place.reader.path
    try Foreign.execute("PRAGMA user_version = 7", path)
    #expect(throws: CatalogError.otherSchema(path: path, version: 7)) { try place.reader }
    try place.temporary.write(
      Array("no database, and longer than its first page's header is".utf8), to: CatalogSchema.fileName)
    #expect {
      try place.reader
    } throws: {
      guard case .damaged? = $0 as? CatalogError else { return false }
      return true
    }
  }
}
