import OnlineLearning
import TestSupport
import Testing

@testable import SampleFormats

struct RepetitionFinderTests {
  /// Rows of few features and of many, against a dictionary of sums.
  @Test(arguments: [UInt64](91...98))
  func unitesAsSumsDo(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var finder = RepetitionFinder()
    for step in 0..<300 {
      let (kinds, count) = (1 + random.below(random.pick([3, 200, 100_000])), random.below(300))
      var features = Scratch<UInt32>()
      var values = Scratch<Float>()
      var (order, sums): ([UInt32], [UInt32: Float]) = ([], [:])
      var (unknown, repeated): (Int, Int?) = (0, nil)
      for position in 0..<count {
        let feature = random.below(20) == 0 ? FeatureSpace.unknown : UInt32(random.below(kinds))
        let value = Float(random.below(9)) - 4
        features.append(feature)
        values.append(value)
        if feature == FeatureSpace.unknown {
          unknown += 1
        } else if let sum = sums[feature] {
          sums[feature] = sum + value
          repeated = repeated ?? position
        } else {
          order.append(feature)
          sums[feature] = value
        }
      }
      let refusing = random.below(4) == 0
      switch finder.unite(&features, &values, refusing: refusing) {
      case .united(let counted, let largest):
        #expect(!refusing || repeated == nil, "step \(step) seed=\(seed)")
        let kept = order.filter { sums[$0] != 0 }
        #expect(features.withSpan { span in span.indices.map { span[$0] } } == kept, "step \(step) seed=\(seed)")
        let expected = kept.map { sums[$0] ?? 0 }
        #expect(values.withSpan { span in span.indices.map { span[$0] } } == expected, "step \(step) seed=\(seed)")
        #expect(counted == unknown && largest == expected.map(abs).max() ?? 0, "step \(step) seed=\(seed)")
      case .repeated(let position): #expect(refusing && position == repeated, "step \(step) seed=\(seed)")
      case .overflow: Issue.record("step \(step) seed=\(seed)")
      }
    }
  }

  @Test(
    arguments: [
      ([0x1p-149, 1], 1), ([-0x1p-149], 0x1p-149), ([-3.4e38, 2], 3.4e38), ([0, -2, 1], 2), ([-0.0], 0), ([], 0),
    ] as [([Float], Float)])
  func largestValueIsEitherWay(_ numbers: [Float], _ expected: Float) {
    var finder = RepetitionFinder()
    var features = Scratch<UInt32>()
    var values = Scratch<Float>()
    for (feature, number) in numbers.enumerated() {
      features.append(UInt32(feature))
      values.append(number)
    }
    guard case .united(0, let largest) = finder.unite(&features, &values, refusing: true) else {
      Issue.record("not united")
      return
    }
    #expect(largest == expected && values.count == numbers.count { $0 != 0 })
  }
}
