import OnlineLearning
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

  @Test func manyFeaturesAtOnceAreAsManyOnes() {
    for count in [0, 1, 3, 4, 5, 76, 1000] {
      var (one, all) = (SampleBatch(), SampleBatch())
      let features = (0..<count).map { UInt32($0 * 7919 % 65_537) }
      let values = (0..<count).map { Float($0 % 11) * 0.5 - 2.75 }
      for (feature, value) in zip(features, values) { one.append(feature: feature, value: value) }
      all.append(features.span, values.span, bound: 65_537)
      one.endRow(target: 1, importance: 2)
      all.endRow(target: 1, importance: 2)
      #expect(all.features == one.features && all.values == one.values && all.rowEnds == one.rowEnds)
    }
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
