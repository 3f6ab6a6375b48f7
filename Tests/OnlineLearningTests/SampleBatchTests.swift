import OnlineLearning
import TestSupport
import Testing

@Suite struct SampleBatchTests {
  private func row(_ batch: SampleBatch, _ row: Int) -> [UInt32: Float] {
    let range = batch.range(of: row)
    return Dictionary(uniqueKeysWithValues: zip(batch.features[range], batch.values[range]))
  }

  @Test func rowsAreKeptInOrder() {
    var batch = SampleBatch()
    batch.append(feature: 3, value: 1)
    batch.append(feature: 7, value: 2)
    batch.endRow(target: 5, importance: 1)
    batch.endRow(target: .nan, importance: 2)
    batch.append(feature: 0, value: -1)
    batch.endRow(target: -1, importance: 0.5)
    #expect(batch.count == 3)
    #expect(batch.rowEnds == [2, 2, 3])
    #expect(row(batch, 0) == [3: 1, 7: 2])
    #expect(row(batch, 1) == [:])
    #expect(row(batch, 2) == [0: -1])
    #expect(batch.targets[0] == 5 && batch.targets[1].isNaN && batch.targets[2] == -1)
    #expect(batch.importances == [1, 2, 0.5])
  }

  @Test func zerosAreLeftOut() {
    var batch = SampleBatch()
    for (feature, value) in [0, -0.0, 1e-38, 2].enumerated() as EnumeratedSequence<[Float]> {
      batch.append(feature: UInt32(feature), value: value)
    }
    batch.endRow(target: 0, importance: 1)
    #expect(row(batch, 0) == [2: 1e-38, 3: 2])
  }

  /// Against a list of rows, of which some are taken out.
  @Test(arguments: UInt64(0)..<50)
  func rowsCanBeTakenOut(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var batch = SampleBatch()
    var rows: [(features: [UInt32: Float], target: Double, importance: Double, id: String?)] = []
    for number in 0..<Int.random(in: 0...12, using: &random) {
      var features: [UInt32: Float] = [:]
      for feature in UInt32(0)..<5 where Bool.random(using: &random) {
        features[feature] = Float.random(in: 1...2, using: &random)
      }
      for (feature, value) in features { batch.append(feature: feature, value: value) }
      let importance = Double.random(in: 0.5...2, using: &random)
      batch.endRow(target: Double(number), importance: importance)
      let id = Bool.random(using: &random) ? "id \(number)" : nil
      if let id {
        batch.labels.append(sample: number, row: number, seq: nil)
        batch.labels.setID(Array(id.utf8).span)
      }
      rows.append((features, Double(number), importance, id))
    }
    let removed = rows.indices.filter { _ in Bool.random(using: &random) }
    let kept = rows.indices.filter { !removed.contains($0) }.map { rows[$0] }
    batch.removeRows(removed)
    #expect(batch.count == kept.count && batch.features.count == batch.values.count, "seed=\(seed)")
    for (place, expected) in kept.enumerated() {
      #expect(row(batch, place) == expected.features, "seed=\(seed)")
      #expect(batch.targets[place] == expected.target && batch.importances[place] == expected.importance)
    }
    let ids = (0..<batch.labels.count).map { place in
      let label = batch.labels[place]
      return (label.row, batch.labels.id(of: label).map { String(decoding: $0, as: UTF8.self) })
    }
    let labeled = kept.indices.filter { kept[$0].id != nil }
    #expect(ids.map(\.0) == labeled && ids.map(\.1) == labeled.map { kept[$0].id }, "seed=\(seed)")
    // It goes on as if they had never been there.
    batch.append(feature: 9, value: 3)
    batch.endRow(target: -1, importance: 1)
    #expect(row(batch, kept.count) == [9: 3], "seed=\(seed)")
  }

  @Test func manyFeaturesAtOnceAreAsManyOnes() {
    for count in [0, 1, 3, 4, 5, 76, 1000] {
      var (one, all) = (SampleBatch(), SampleBatch())
      let features = (0..<count).map { UInt32($0 * 7919 % 65_537) }
      let values = (0..<count).map { Float($0 % 11) * 0.5 - 2.75 }
      for (feature, value) in zip(features, values) { one.append(feature: feature, value: value) }
      all.append(features.span, values.span, bound: 65_537, largest: values.map(abs).max() ?? 0)
      one.endRow(target: 1, importance: 2)
      all.endRow(target: 1, importance: 2)
      #expect(all.features == one.features && all.values == one.values && all.rowEnds == one.rowEnds)
    }
  }

  @Test func featuresWrittenInPlaceFollowTheOthers() {
    var batch = SampleBatch()
    batch.append(feature: 1, value: 1)
    batch.append(upTo: 3, featureBound: 9) { features, values in
      for (feature, value) in [(8, -4), (0, 2)] as [(UInt32, Float)] {
        features.append(feature)
        values.append(value)
      }
      return 4
    }
    batch.endRow(target: 1, importance: 1)
    batch.append(upTo: 0, featureBound: 0) { _, _ in 0 }
    batch.endRow(target: 1, importance: 1)
    #expect(batch.features == [1, 8, 0] && batch.values == [1, -4, 2] && batch.rowEnds == [3, 3])
  }

  @Test func removeAllEmptiesEverything() {
    var batch = SampleBatch()
    batch.append(feature: 1, value: 1)
    batch.endRow(target: 1, importance: 1)
    batch.append(feature: 2, value: 1)
    batch.unlearned = 3
    batch.unknownFeatures = 4
    batch.removeAll()
    #expect(batch.count == 0)
    #expect(batch.features.isEmpty && batch.values.isEmpty && batch.rowEnds.isEmpty)
    #expect(batch.targets.isEmpty && batch.importances.isEmpty)
    #expect(batch.unlearned == 0 && batch.unknownFeatures == 0)
    batch.append(feature: 5, value: 1)
    batch.endRow(target: 1, importance: 1)
    #expect(row(batch, 0) == [5: 1])
  }
}
