import CProcessor
import TestSupport
import Testing

@testable import OnlineLearning

/// What a weight with a rate of its own owes after a long time: paid as `ShrinkageFlow` says, which computes it with `exp`.
///
/// What is left is compared relative to itself: after a long decay it is small, and its error has to be smaller still.
struct LongDebtTests {
  private static let exponents: [Double] = [
    0, 1e-300, 1e-9, 0.01, 0.0312, 0.0313, 0.5, 0.693, 0.694, 1, 3, 8, 10, 20, 36, 38, 64, 65, 100, 300, 700, 707.9,
  ]

  @Test(
    arguments: [Optimizer.adagrad, .normalized],
    [Penalty(l2: 0.3), Penalty(l1: 1e-9, l2: 0.3), Penalty(l1: 0.01, l2: 0.3)])
  func leavesWhatTheFlowLeaves(_ optimizer: Optimizer, _ penalty: Penalty) throws {
    for exponent in LongDebtTests.exponents {
      for isWide in has_avx2() ? [false, true] : [false] {
        var configuration = LearnerConfiguration(
          intercept: false, learningRate: LearningRate(schedule: .constant, initial: 0.5), penalty: penalty)
        configuration.optimizer = optimizer
        var learner = LinearLearner(configuration)
        learner.grow(to: 1)
        learner.weights.adaptive?.isWide = isWide
        learner.learn(LongDebtTests.sample) { _, _ in }
        // Long ago: the clock has come further.
        let coordinate = try #require(learner.weights.adaptive?.coordinates[0])
        let flow = try #require(learner.weights.adaptive?.flow(0, coordinate))
        learner.weights.adaptive?.coordinates[0].mark = learner.state.time.value - exponent / flow.decay
        let value = Double(coordinate.value)
        let left = flow.shrink(value, over: exponent / flow.decay)
        var paid = Double.nan
        learner.learn(LongDebtTests.sample) { paid = $1 }
        let comment = Comment(rawValue: "x=\(exponent) wide=\(isWide)")
        // A relative error of x as large as Float64's rounding makes one as large as x times that.
        let parts = max(abs(left), penalty.l1 / penalty.l2)
        #expect(abs(paid - left) <= (8 + 4 * exponent) * 0x1p-53 * (penalty.l1 == 0 ? abs(left) : parts), comment)
        if penalty.l1 == 0 { #expect(paid > 0, comment) }
      }
    }
  }

  /// As slow as rates can be, where next to nothing is ever due: what rounding left unpaid is no infinite time.
  @Test(arguments: [Optimizer.adagrad, .normalized])
  func marksAreNumbersAtTheSlowestRates(_ optimizer: Optimizer) throws {
    for isWide in has_avx2() ? [false, true] : [false] {
      var configuration = LearnerConfiguration(
        intercept: false, learningRate: LearningRate(schedule: .constant, initial: 0.5), penalty: Penalty(l2: 0.3))
      configuration.optimizer = optimizer
      var learner = LinearLearner(configuration)
      learner.grow(to: 1)
      learner.weights.adaptive?.isWide = isWide
      learner.weights.adaptive?.coordinates[0] = AdaptiveWeights.Coordinate(
        scaleOrRate: optimizer == .normalized ? .greatestFiniteMagnitude : 0, sum: .greatestFiniteMagnitude)
      for _ in 0..<3 { learner.learn(LongDebtTests.sample) { _, margin in #expect(margin == 0) } }
      let coordinate = try #require(learner.weights.adaptive?.coordinates[0])
      #expect(coordinate.mark.isFinite && coordinate.value == 0, "wide=\(isWide)")
    }
  }

  private static let sample: SampleBatch = {
    var batch = SampleBatch()
    batch.append(feature: 0, value: 1)
    batch.endRow(target: 10, importance: 1)
    return batch
  }()
}
