import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// Models of more features than go into a file at once.
struct CheckpointPieceTests {
  @Test(arguments: [FeatureSpace.Kind.dictionary, .indexed(width: 70_001)], Optimizer.allCases)
  func manyPiecesComeBack(_ kind: FeatureSpace.Kind, _ optimizer: Optimizer) throws {
    var configuration = LearnerConfiguration(optimizer: optimizer, penalty: Penalty(l1: 0.001))
    if optimizer == .adagrad { configuration.penalty.penalize = .scaled }
    var random = SeededGenerator(seed: 5)
    var model = Model(configuration, FeatureSpace(kind))
    var batch = SampleBatch()
    for feature in 0..<70_001 {
      let name = kind == .dictionary && feature % 5 == 0 ? "a name of some length, \(feature)" : String(feature)
      let utf8 = Array(name.utf8)
      let found = model.space.intern(utf8.span)
      let index = try #require(found)
      batch.append(feature: index, value: Float(random.normal()))
      if feature % 1000 == 999 { batch.endRow(target: random.normal(), importance: 1) }
    }
    batch.endRow(target: 1, importance: 1)
    _ = model.makeRoom(for: &batch, limit: 80_000, keeping: DelayedSamples(DelayedSamples.Bounds()))
    model.learn(batch)

    let directory = try TemporaryDirectory()
    var store = try CheckpointStore(directory: directory.path)
    let written = try store.write(Checkpoint(model, time: 7))
    let name = try #require(written.entry.path.split(separator: "/").last)
    let bytes = try directory.read(String(name))
    #expect(bytes.count == written.bytes)
    // Outside of the macros, which would print all of it.
    let isSealed = CheckpointFile(bytes).sealed == bytes
    #expect(isSealed, "the checksum is that of the whole file")
    let isSame = ModelBits(try Checkpoint(file: written.entry.path).model) == ModelBits(model)
    #expect(isSame)
  }

  /// The check of two parts makes that of the whole.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func checksAreJoined(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bytes = (0..<random.below(3000)).map { _ in UInt8.random(in: 0...255, using: &random) }
    let cut = random.below(bytes.count + 1)
    func check(_ bytes: ArraySlice<UInt8>) -> UInt32 {
      var check = CRC32C()
      bytes.withUnsafeBytes { check.update($0) }
      return check.value
    }
    let joined = CRC32C.joined(check(bytes[..<cut]), check(bytes[cut...]), count: bytes.count - cut)
    #expect(joined == check(bytes[...]), "seed \(seed)")
  }
}
