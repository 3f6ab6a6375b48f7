import FoundationEssentials
import Glibc
import ModelStore
import OnlineLearning
import TestSupport
import Testing

@testable import ModelCatalog

/// A catalog follows the files, whatever becomes of it or of them.
struct CatalogKeeperTests {
  /// Models of one life: each has learned more than the one before.
  private func models(_ count: Int, seed: UInt64) -> [Model] {
    var generator = SeededGenerator(seed: seed)
    var model = Model([])
    return (0..<count).map { _ in
      for _ in 0..<20 { model.learn("f\(generator.below(50))", target: Double(generator.below(9)) - 4) }
      return model
    }
  }

  /// All rows of all tables. Features stand in it by their names: their ids are of one catalog only.
  private func dump(_ place: CatalogPlace) throws -> [[CatalogValue]] {
    var rows: [[CatalogValue]] = []
    for sql in [
      "SELECT * FROM settings ORDER BY key", "SELECT * FROM checkpoints ORDER BY id",
      "SELECT name FROM features ORDER BY name",
      """
      SELECT checkpoint, name, coefficient FROM coefficients JOIN features ON id = feature ORDER BY checkpoint, name
      """,
    ] {
      try place.reader.query(sql) { _ in
      } row: {
        rows.append($0)
      }
    }
    return rows
  }

  /// Has the catalog made anew, and expects the same.
  private func expectRebuildChangesNothing(_ place: CatalogPlace, _ comment: Comment? = nil) throws {
    let kept = try dump(place)
    let count = try CatalogKeeper.rebuild(directory: place.directory) { Issue.record("\($0)") }
    #expect(try count == place.store.entries().count, comment)
    #expect(try dump(place) == kept, comment)
  }

  private func ids(_ place: CatalogPlace) throws -> [Int64] { try place.reader.checkpoints().map(\.id) }

  @Test(arguments: [5, 10_000])
  func isWhatRebuildingMakesOfTheFiles(limit: Int) throws {
    let seed = UInt64.random(in: 0...999_999)
    var place = try CatalogPlace(limit: limit)
    for (number, model) in models(6, seed: seed).enumerated() {
      try place.write(model, time: 1_700_000_000 + 0.1 * Double(number))
      _ = try place.store.retain(Retention(newest: 3, hourly: 0, daily: 0))
    }
    // What retention removed is gone with the next checkpoint.
    #expect(try ids(place) == [3, 4, 5, 6])
    try place.keeper.begin()
    #expect(try ids(place) == [4, 5, 6])
    try expectRebuildChangesNothing(place, "seed \(seed)")
    try FileManager.default.removeItem(atPath: place.reader.path)
    let kept = try CatalogKeeper.rebuild(directory: place.directory, limit: limit) { Issue.record("\($0)") }
    #expect(kept == 3)
  }

  @Test func featuresGoWithTheLastCheckpointThatHasThem() throws {
    var place = try CatalogPlace()
    try place.write(Model([("old", 1), ("both", 2)]))
    try place.write(Model([("new", 1), ("both", 2)]))
    let first = try place.store.entries()[0]
    try FileManager.default.removeItem(atPath: first.path)
    try place.keeper.begin()
    var names: [CatalogValue] = []
    try place.reader.query("SELECT name FROM features ORDER BY name") { _ in
    } row: {
      names += $0
    }
    #expect(names == [.text("both"), .text("new")])
  }

  @Test func addsTheFilesThatItLacks() throws {
    var place = try CatalogPlace()
    let models = models(4, seed: 7)
    for model in models { try place.write(model) }
    let kept = try dump(place)
    try CatalogKeeper.remove(directory: place.directory)
    #expect(throws: CatalogError.missing(path: CatalogReader.path(in: place.directory))) { try place.reader }
    try place.keeper.begin()
    #expect(try ids(place) == [])
    var seen: [[Int64]] = []
    while !place.keeper.isComplete {
      #expect(try place.keeper.addNextMissing() == nil)
      seen.append(try ids(place))
    }
    #expect(seen == [[4], [3, 4], [2, 3, 4], [1, 2, 3, 4]], "the newest first")
    #expect(try dump(place) == kept)
  }

  @Test func damagedFilesAreLeftOut() throws {
    var place = try CatalogPlace()
    for model in models(3, seed: 8) { try place.write(model) }
    let damaged = try place.store.entries()[1]
    var bytes = try place.temporary.read(damaged.name)
    bytes[bytes.count - 1] ^= 1
    try place.temporary.write(bytes, to: damaged.name)
    try CatalogKeeper.remove(directory: place.directory)
    try place.keeper.begin()
    var problems: [StoreError] = []
    while !place.keeper.isComplete { if let problem = try place.keeper.addNextMissing() { problems.append(problem) } }
    #expect(problems.count == 1)
    #expect(try ids(place) == [1, 3])
    // And are not tried again.
    try place.write(models(4, seed: 8)[3])
    #expect(place.keeper.isComplete)
    var reported: [StoreError] = []
    #expect(try CatalogKeeper.rebuild(directory: place.directory) { reported.append($0) } == 3)
    #expect(reported == problems)
  }

  @Test func followsARestore() throws {
    var place = try CatalogPlace()
    let models = models(4, seed: 9)
    for model in models[..<3] { try place.write(model, time: 1_700_000_000) }
    _ = try place.store.restore(place.store.entries()[0], stamp: "20260131T120000Z")
    // A number that was used before, for another model.
    try place.write(models[3], time: 1_700_000_001)
    #expect(try ids(place) == [1, 2])
    #expect(try place.reader.checkpoints().last?.step == Int64(models[3].steps))
    try expectRebuildChangesNothing(place)
  }

  @Test func aFileOfTheSameNameIsAnotherFile() throws {
    var place = try CatalogPlace()
    let models = models(2, seed: 10)
    let written = try place.write(models[0])
    // As when the catalog could not follow a restore: same number, same step, another content.
    let other = try CatalogPlace()
    var store = other.store
    let changed = try store.write(Checkpoint(models[0], time: 1_700_000_099))
    #expect(changed.entry.name == written.entry.name)
    try place.temporary.write(try other.temporary.read(changed.entry.name), to: written.entry.name)
    try place.keeper.begin()
    while !place.keeper.isComplete { _ = try place.keeper.addNextMissing() }
    #expect(try place.reader.checkpoints().map(\.checksum) == [changed.checksum])
    try expectRebuildChangesNothing(place)
  }

  @Test func anotherLimitIsHadFromTheFiles() throws {
    var place = try CatalogPlace(limit: 5)
    for model in models(3, seed: 11) { try place.write(model) }
    for limit in [8, 3, 10_000] {
      var keeper = CatalogKeeper(directory: place.directory, limit: limit)
      try keeper.begin()
      while !keeper.isComplete { _ = try keeper.addNextMissing() }
      for row in try place.reader.checkpoints() { #expect(row.coefficients == min(Int64(limit), row.activeSet)) }
      try expectRebuildChangesNothing(place, "limit \(limit)")
    }
  }

  @Test(arguments: ["garbage", "empty", "cut", "middle", "other version", "other tables", "a foreign database"])
  func whatIsNoCatalogIsMadeAnew(damage: String) throws {
    var place = try CatalogPlace()
    let models = models(40, seed: 12)
    for model in models[..<38] { try place.write(model) }
    let kept = try dump(place)
    let path = try place.reader.path
    var bytes = try place.temporary.read(CatalogSchema.fileName)
    switch damage {
    case "garbage": bytes = Array("this is no database. ".utf8) + [UInt8](repeating: 0xA5, count: 100_000)
    case "empty": bytes = []
    case "cut": bytes.removeLast(bytes.count / 2)
    case "middle": for place in bytes.count / 3..<bytes.count / 3 + 5000 { bytes[place] ^= 0x5A }
    default: break
    }
    if bytes != (try place.temporary.read(CatalogSchema.fileName)) {
      try place.temporary.write(bytes, to: CatalogSchema.fileName)
    } else {
      switch damage {
      case "other version": try Foreign.execute("PRAGMA user_version = 99", path)
      case "other tables": try Foreign.execute("ALTER TABLE checkpoints ADD COLUMN mood TEXT", path)
      default:
        try FileManager.default.removeItem(atPath: path)
        try Foreign.execute("CREATE TABLE recipes (name)", path)
      }
    }
    let mended = try place.keeper.begin()
    // Of an empty file there is nothing to say: SQLite takes it for a new database.
    #expect((mended != nil) == (damage != "empty"), "\(damage)")
    while !place.keeper.isComplete { #expect(try place.keeper.addNextMissing() == nil) }
    #expect(try dump(place) == kept, "\(damage)")
    try place.write(models[38])
    #expect(try ids(place).count == 39)
  }

  @Test(arguments: ["garbage", "cut", "gone"])
  func damageBetweenTwoCheckpointsIsNoticed(damage: String) throws {
    var place = try CatalogPlace()
    let models = models(4, seed: 13)
    for model in models[..<3] { try place.write(model) }
    let bytes = try place.temporary.read(CatalogSchema.fileName)
    switch damage {
    case "garbage": try place.temporary.write([UInt8](repeating: 0xA5, count: 9999), to: CatalogSchema.fileName)
    case "cut": try place.temporary.write(Array(bytes[..<(bytes.count / 2)]), to: CatalogSchema.fileName)
    default: try FileManager.default.removeItem(atPath: place.reader.path)
    }
    try place.write(models[3])
    #expect(try ids(place) == [4], "the one that was asked for is there first")
    while !place.keeper.isComplete { #expect(try place.keeper.addNextMissing() == nil) }
    #expect(try ids(place) == [1, 2, 3, 4])
    try expectRebuildChangesNothing(place)
  }

  @Test func aDirectoryInItsPlaceFailsAndIsMadeGood() throws {
    var place = try CatalogPlace()
    let path = CatalogReader.path(in: place.directory)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let models = models(2, seed: 14)
    #expect(throws: CatalogError.self) { try place.write(models[0]) }
    #expect(throws: CatalogError.self) { try place.keeper.begin() }
    #expect(throws: CatalogError.self) { try place.reader }
    try FileManager.default.removeItem(atPath: path)
    try place.write(models[1])
    while !place.keeper.isComplete { _ = try place.keeper.addNextMissing() }
    #expect(try ids(place) == [1, 2])
  }

  @Test func whoReadsHoldsNobodyUpAndSeesOneMoment() throws {
    var place = try CatalogPlace()
    let models = models(3, seed: 15)
    try place.write(models[0])
    let reader = try place.reader
    var counts: [Int64] = []
    // Two rows, so that the query is under way when the second checkpoint comes.
    try reader.query("SELECT (SELECT count(*) FROM checkpoints) FROM (VALUES (1), (2))") { _ in
    } row: { row in
      if counts.isEmpty { try place.write(models[1]) }
      counts.append(row[0].integer ?? -1)
    }
    #expect(counts == [1, 1])
    #expect(try reader.checkpoints().count == 2)
    // A reader that was open when the file was removed reads on; a new one sees the new file.
    try CatalogKeeper.remove(directory: place.directory)
    try place.write(models[2])
    #expect(try reader.checkpoints().count == 2)
    #expect(try ids(place) == [3])
  }

  @Test func whoHoldsTheWriteLockIsNotWaitedForLong() throws {
    var place = try CatalogPlace()
    let models = models(2, seed: 16)
    try place.write(models[0])
    let foreign = try Foreign(CatalogReader.path(in: place.directory))
    try foreign.execute("BEGIN IMMEDIATE")
    #expect(throws: CatalogError.busy(path: CatalogReader.path(in: place.directory))) { try place.write(models[1]) }
    #expect(try place.store.entries().count == 2)
    try foreign.execute("COMMIT")
    try place.keeper.begin()
    while !place.keeper.isComplete { _ = try place.keeper.addNextMissing() }
    #expect(try ids(place) == [1, 2])
  }
}
