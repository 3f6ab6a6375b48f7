import OnlineLearning
import TestSupport
import Testing

/// Rows that have their features in common are rows like any others.
@Suite struct CommonFeaturesTests {
  /// Rows of the same features: kept once, and listed for each row.
  private func batches(
    _ features: [UInt32], rows: Int, using random: inout SeededGenerator
  ) -> (common: SampleBatch, listed: SampleBatch) {
    var (common, listed) = (SampleBatch(), SampleBatch())
    let values = (0..<rows * features.count).map { _ in Float(random.uniform(0.01..<1)) }
    let targets = (0..<rows).map { _ in random.uniform(-2..<2) }
    let importances = (0..<rows).map { _ in random.uniform(0.5..<2) }
    let isAdded = features.withUnsafeBufferPointer { features in
      common.appendRows(ofFeatures: features, featureBound: 100, count: rows) { into in
        for value in values { into.append(value) }
        return 1
      }
    }
    #expect(isAdded)
    let ends = (1...rows).map { $0 * features.count }
    common.endRows(ends.span, longest: features.count, targets: targets.span, importances: importances.span)
    for row in 0..<rows {
      for (place, feature) in features.enumerated() {
        listed.append(feature: feature, value: values[row * features.count + place])
      }
      listed.endRow(target: targets[row], importance: importances[row])
    }
    return (common, listed)
  }

  private func expectEqual(_ common: SampleBatch, _ listed: SampleBatch, _ context: String) {
    #expect(common.features == listed.features && common.values == listed.values, "\(context)")
    #expect(common.rowEnds == listed.rowEnds && common.targets == listed.targets, "\(context)")
    #expect(common.importances == listed.importances, "\(context)")
  }

  private static let penalties = [Penalty(), Penalty(l1: 1e-3), Penalty(l2: 1e-2), Penalty(l1: 1e-3, l2: 1e-2)]

  @Test(arguments: Optimizer.allCases, CommonFeaturesTests.penalties.indices)
  func learnedToTheSameBit(_ optimizer: Optimizer, _ penalty: Int) {
    var random = SeededGenerator(seed: 0xC0 + UInt64(penalty))
    let configuration = LearnerConfiguration(
      optimizer: optimizer, penalty: CommonFeaturesTests.penalties[penalty])
    var space = FeatureSpace()
    for feature in 0..<100 { space.intern("\(feature)") }
    var (ours, theirs) = (Model(configuration), Model(configuration))
    (ours.space, theirs.space) = (space, space)
    for round in 0..<60 {
      let width = 1 + random.below(40)
      let first = random.below(100 - width)
      var features = (first..<first + width).map { UInt32($0) }
      // Neighbours or not.
      if round % 3 == 0 { features.shuffle(using: &random) }
      let (common, listed) = batches(features, rows: 1 + random.below(5), using: &random)
      expectEqual(common, listed, "round \(round)")
      ours.learn(common)
      theirs.learn(listed)
      for row in 0..<listed.count {
        #expect(ours.margin(of: row, in: common).bitPattern == theirs.margin(of: row, in: listed).bitPattern)
      }
      #expect(ModelBits(ours) == ModelBits(theirs), "\(optimizer), round \(round)")
    }
  }

  @Test(arguments: UInt64(1)...20)
  func changedAsAnyOther(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let features: [UInt32] = seed % 2 == 0 ? [4, 5, 6] : [7, 2, 9, 1]
    for change in 0..<6 {
      var (common, listed) = batches(features, rows: 4, using: &random)
      func both(_ body: (inout SampleBatch) -> Void) {
        body(&common)
        body(&listed)
      }
      let other = listed
      switch change {
      case 0: both { $0.removeRows([1, 3]) }
      case 1: both { $0.append(feature: 3, value: 2) }
      case 2: both { $0.append(row: 2, of: other) }
      case 3: both { $0.append([8, 3].span, [1, 2].span, bound: 9, largest: 2) }
      case 4:
        both {
          $0.append(upTo: 1, featureBound: 9) { features, values in
            features.append(8)
            values.append(1)
            return 1
          }
        }
      default: break
      }
      // A row of nothing, too.
      both { $0.endRow(target: 1, importance: 1) }
      expectEqual(common, listed, "seed \(seed), change \(change)")
      var (copy, copied) = (SampleBatch(), SampleBatch())
      for row in 0..<listed.count {
        copy.append(row: row, of: common)
        copied.append(row: row, of: listed)
      }
      expectEqual(copy, copied, "seed \(seed), change \(change)")
      both { $0.removeAll() }
      both { $0.append(feature: 1, value: 1) }
      both { $0.endRow(target: 1, importance: 1) }
      expectEqual(common, listed, "seed \(seed), emptied")
    }
  }

  @Test func nothingIsAddedWhereNothingIsWritten() {
    var batch = SampleBatch()
    let isAdded = ([1, 2] as [UInt32]).withUnsafeBufferPointer { features in
      batch.appendRows(ofFeatures: features, featureBound: 3, count: 5) { _ in 0 }
    }
    #expect(!isAdded && batch.features.isEmpty && batch.values.isEmpty && batch.count == 0)
  }

  @Test(arguments: Loss.allCases)
  func manyTargetsAreNormalizedAsEachIs(_ loss: Loss) {
    let numbers = [
      0, -0.0, 1, -1, 2, -2, 0.5, .nan, .infinity, -.infinity, 3.5e38, -3.5e38, 1e300,
      Double(Float.greatestFiniteMagnitude), -Double(Float.greatestFiniteMagnitude), .leastNonzeroMagnitude,
    ]
    for one in numbers {
      for other in numbers {
        for places in [[one], [one, other], [other, one, one, one, other], [one, one, one, one, one, other]] {
          var targets = places
          let areValid = targets.withUnsafeMutableBufferPointer { loss.normalize($0) }
          let expected = places.map { loss.normalizedTarget($0) }
          #expect(areValid == expected.allSatisfy { $0 != nil }, "\(places)")
          if areValid { #expect(targets.map(\.bitPattern) == expected.map { $0?.bitPattern }, "\(places)") }
        }
      }
    }
  }
}
