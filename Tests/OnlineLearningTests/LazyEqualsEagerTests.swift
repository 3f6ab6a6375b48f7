import OnlineLearning
import Testing

/// Paying shrinkage at the next touch gives the model that paying at every step gives.
@Suite struct LazyEqualsEagerTests {
  /// In the middle of a truncation period, at its end, and whenever.
  private static let places = [5, 350, 701, 800, 999, 1000]

  @Test(arguments: LearnerCase.all)
  func sgd(_ learnerCase: LearnerCase) {
    let tolerance = learnerCase.configuration.penalty.threshold == nil ? 2e-6 : 1e-5
    compare(learnerCase, steps: 1000, tolerance: tolerance)
  }

  @Test(arguments: LearnerCase.optimizers)
  func optimizers(_ learnerCase: LearnerCase) {
    compare(learnerCase, steps: 800, tolerance: 1e-5)
  }

  private func compare(_ learnerCase: LearnerCase, steps: Int, tolerance: Double) {
    var lazy = ModelUnderTest(learnerCase.configuration)
    var eager = EagerLearner(learnerCase.configuration, dimensions: LearnerCase.dimensions)
    var stream = learnerCase.stream
    var (deviation, largest) = (0.0, 1.0)
    for step in 1...steps {
      let sample = stream.next()
      let (margin, expected) = (lazy.learn(sample), eager.learn(sample))
      deviation = max(deviation, abs(margin - expected))
      largest = max(largest, abs(expected))
      if Self.places.contains(step) {
        expectAgreement(lazy, eager, tolerance: tolerance, "step \(step), \(learnerCase.testDescription)")
      }
    }
    #expect(deviation <= tolerance * largest, "margins, \(learnerCase.testDescription)")
    let isLearning = eager.weights.contains { $0 != 0 }
    #expect(isLearning, "the case is empty: \(learnerCase.testDescription)")
    // With θ, or in units of small features, few weights may feel enough gravity; of a mean's path only what was always
    // zero is zero.
    let (configuration, penalty) = (learnerCase.configuration, learnerCase.configuration.penalty)
    let isFelt = penalty.threshold == nil && penalty.penalize == .raw && configuration.averagingStart == nil
    if penalty.l1 > 0, isFelt {
      let hasZero = lazy.model.learner.coefficients().contains(0)
      #expect(hasZero, "nothing was truncated: \(learnerCase.testDescription)")
    }
  }
}
