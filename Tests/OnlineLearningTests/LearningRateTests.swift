import Glibc
import OnlineLearning
import Testing

/// Schedules against numbers worked out by hand.
@Suite struct LearningRateTests {
  private func expect(
    _ rate: LearningRate, _ loss: Loss = .squared, _ penalty: Penalty = Penalty(),
    gives values: [UInt64: Double],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let stepSize = StepSize(LearnerConfiguration(loss: loss, learningRate: rate, penalty: penalty))
    for (steps, value) in values {
      #expect(
        abs(stepSize(after: steps) - value) <= 1e-14 * value, "after \(steps) steps",
        sourceLocation: sourceLocation)
    }
  }

  @Test func constant() {
    expect(LearningRate(schedule: .constant, initial: 0.03), gives: [0: 0.03, 1: 0.03, 1_000_000_000: 0.03])
  }

  @Test func inverseScaling() {
    expect(
      LearningRate(schedule: .inverseScaling, initial: 0.01, power: 0.25),
      gives: [0: 0.01, 1: 0.008408964152537146, 15: 0.005, 80: 0.01 / 3, 9999: 0.001])
    expect(
      LearningRate(schedule: .inverseScaling, initial: 3, power: 0.5),
      gives: [0: 3, 3: 1.5, 8: 1, 999_999: 0.003])
    expect(LearningRate(schedule: .inverseScaling, initial: 3, power: 0), gives: [0: 3, 5: 3])
  }

  @Test func optimalWithOffset() {
    // λ = 0.5, t₀ = 4: 1 / (0.5 · 4), 1 / (0.5 · 5), …
    expect(
      LearningRate(schedule: .optimal, offset: 4), .squared, Penalty(l1: 0.2, l2: 0.3),
      gives: [0: 0.5, 1: 0.4, 4: 0.25, 96: 0.02])
  }

  @Test(arguments: Loss.allCases)
  func optimalWithBottousOffset(_ loss: Loss) {
    // λ = 1e-4: typical weight 10, both slopes at (−10, 1) negative, so η₀ = 10, t₀ = 1 / (10 · 1e-4) = 1000.
    expect(
      LearningRate(schedule: .optimal), loss, Penalty(l1: 7e-5, l2: 3e-5),
      gives: [0: 10, 1000: 5, 9000: 1])
    // λ = 1/16: typical weight 2, η₀ = 2, t₀ = 8.
    expect(LearningRate(schedule: .optimal), loss, Penalty(l1: 0, l2: 0.0625), gives: [0: 2, 8: 1, 24: 0.5])
  }

  /// scikit-learn's `_plain_sgd`, line by line: t begins at 1 there.
  @Test(arguments: Loss.allCases, [1e-6, 1e-4, 0.01, 0.5])
  func optimalIsScikitLearns(_ loss: Loss, alpha: Double) {
    let typw = sqrt(1.0 / sqrt(alpha))
    let initialEta0 = typw / max(1.0, LossOracle(loss, LossParameters()).derivative(-typw, 1.0))
    let optimalInit = 1.0 / (initialEta0 * alpha)
    var expected: [UInt64: Double] = [:]
    for t in [1.0, 2, 3, 100, 12_345] { expected[UInt64(t) - 1] = 1.0 / (alpha * (optimalInit + t - 1)) }
    // alpha · l1_ratio and alpha · (1 − l1_ratio).
    expect(
      LearningRate(schedule: .optimal), loss, Penalty(l1: alpha * 0.15, l2: alpha * 0.85), gives: expected)
  }

  @Test func learnerFollowsItsSchedule() {
    let rate = LearningRate(schedule: .inverseScaling, initial: 1, power: 1)
    var learner = LinearLearner(LearnerConfiguration(learningRate: rate))
    for step in 1...4 {
      #expect(learner.nextStepSize == 1 / Double(step))
      learner.pass(1)
    }
  }
}
