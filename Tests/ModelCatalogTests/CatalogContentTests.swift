import ModelStore
import OnlineLearning
import TestSupport
import Testing

@testable import ModelCatalog

/// What stands in a catalog is what stands in the checkpoint files.
struct CatalogContentTests {
  /// Compares a checkpoint's rows with its file.
  private func expectAgreement(_ place: CatalogPlace, _ entry: CheckpointStore.Entry, limit: Int) throws {
    let plain = try PlainCheckpoint(entry.name, in: place.temporary)
    let id = Int64(entry.sequence)
    let row = try #require(place.reader.checkpoints().first { $0.id == id })
    #expect(row.file == entry.name)
    #expect(row.bytes == plain.bytes)
    #expect(row.checksum == plain.texts["checksum"])
    #expect(row.configuration == plain.texts["configuration"])
    #expect(row.time == plain.texts["time"].flatMap { Double($0) })
    #expect(row.step == plain.texts["step"].flatMap { Int64($0) })
    #expect(row.samples == row.step)
    #expect(row.messages == plain.texts["position"].flatMap { Int64($0) })
    #expect(row.features == plain.features.count)
    #expect(row.activeSet == plain.activeSet)
    let heaviest = plain.heaviest(limit)
    #expect(row.coefficients == heaviest.count)
    #expect(row.isComplete == (limit >= plain.activeSet))
    #expect(row.l1Norm == plain.features.reduce(0) { $0 + abs(Double($1.coefficient)) })
    let found = try place.reader.coefficients(of: id)
    let expected = Dictionary(uniqueKeysWithValues: heaviest.map { ($0.name, Double($0.coefficient)) })
    #expect(Dictionary(uniqueKeysWithValues: found.map { (Array($0.name.utf8), $0.coefficient) }) == expected)
    #expect(zip(found, found.dropFirst()).allSatisfy { abs($0.coefficient) >= abs($1.coefficient) })
  }

  @Test(arguments: [1, 7, 20, 10_000])
  func agreesWithTheFile(limit: Int) throws {
    let seed = UInt64.random(in: 0...999_999)
    var generator = SeededGenerator(seed: seed)
    var place = try CatalogPlace(limit: limit)
    var model = Model([])
    for round in 0..<4 {
      for _ in 0..<30 {
        model.learn("f\(generator.below(40))", target: Double(generator.below(5)) - 2)
      }
      let written = try place.write(model, time: 1_700_000_000.25 + Double(round))
      try expectAgreement(place, written.entry, limit: limit)
    }
    #expect(try place.reader.checkpoints().map(\.id) == [1, 2, 3, 4], "seed \(seed)")
  }

  @Test func theOrderOfTheFeaturesSettlesTies() throws {
    var place = try CatalogPlace(limit: 3)
    try place.write(Model([("d", 1), ("c", -1), ("b", 2), ("a", 1), ("e", -1)]))
    #expect(try Set(place.reader.coefficients(of: 1).map(\.name)) == ["b", "d", "c"])
  }

  @Test func anEmptyModelHasARowAndNoCoefficients() throws {
    var place = try CatalogPlace()
    try place.write(Model(LearnerConfiguration()))
    let row = try #require(place.reader.checkpoints().first)
    #expect(row.features == 0 && row.coefficients == 0 && row.overallLoss == nil && row.recentLoss == nil)
    #expect(row.isComplete)
    #expect(try place.reader.coefficients(of: 1).isEmpty)
  }

  @Test func namesAreWhateverTextTheyAre() throws {
    let names = [
      "a\0b", "a\0c", "\0", "a", "it's", "\"quoted\"", "-- comment", "🦊", "e\u{301}", "\u{E9}", "\n", " ", "%_*?",
      "ÄÖ=ü", "'); DROP TABLE features; --", String(repeating: "long", count: 4000),
    ]
    var place = try CatalogPlace()
    let written = try place.write(Model(names.enumerated().map { ($1, Double($0 + 1)) }))
    try expectAgreement(place, written.entry, limit: 10_000)
    for name in names {
      let points = try place.reader.trajectory(of: name)
      let expected = try place.reader.coefficients(of: 1).first { Array($0.name.utf8) == Array(name.utf8) }
      #expect(points.count == 1 && points.first?.coefficient == expected?.coefficient, "\(name)")
    }
  }

  @Test func hashedFeaturesAreCalledAsEverywhere() throws {
    var place = try CatalogPlace()
    var model = Model([], space: FeatureSpace(.hashed(bits: 6), keepingNames: 3))
    for round in 0..<40 { model.learn("h\(round % 20)", target: Double(round % 20) + 1) }
    let written = try place.write(model)
    try expectAgreement(place, written.entry, limit: 10_000)
    let names = try place.reader.coefficients(of: 1).map(\.name)
    #expect(names.contains { $0.hasPrefix("#") } && names.contains { $0.hasPrefix("h") }, "\(names)")
  }

  @Test func indexedFeaturesAreCalledByTheirIndices() throws {
    var place = try CatalogPlace()
    let written = try place.write(Model([("3", 1), ("0", 2)], space: FeatureSpace(.indexed(width: 5))))
    try expectAgreement(place, written.entry, limit: 10_000)
    #expect(try place.reader.coefficients(of: 1).map(\.name) == ["0", "3"])
  }

  @Test func aNameThatLooksLikeAnIndexIsNotMixedUpWithOne() throws {
    // A feature called `#i` at another index than i, and one without a name at i.
    var space = FeatureSpace(.hashed(bits: 4), keepingNames: 1)
    let named = try #require((0..<16).first { space.index(of: "#\($0)") != UInt32($0) }.map { "#\($0)" })
    let index = try #require(Int(named.dropFirst()))
    let other = try #require((0..<1000).map { "x\($0)" }.first { space.index(of: $0) == UInt32(index) })
    space.keepNames(1)
    var model = Model([], space: space)
    for _ in 0..<3 { model.learn(named, target: 5) }
    model.learn(other, target: 1)
    var place = try CatalogPlace()
    try place.write(model)
    let found = try place.reader.coefficients(of: 1)
    let row = try #require(place.reader.checkpoints().first)
    #expect(model.space.name(at: index) == named, "both have one name, or this shows nothing")
    #expect(found.map(\.name) == [named, "\(named) (#\(index))"])
    #expect(row.isComplete && row.activeSet == 2)
  }
}
