import OnlineLearning
import Testing

/// Paying shrinkage at the next touch gives the model that paying at every step gives.
@Suite struct LazyEqualsEagerTests {
  @Test(arguments: LearnerCase.all)
  func lazyEqualsEager(_ learnerCase: LearnerCase) {
    var lazy = ModelUnderTest(learnerCase.configuration)
    var eager = EagerLearner(learnerCase.configuration, dimensions: LearnerCase.dimensions)
    var stream = learnerCase.stream
    let tolerance = learnerCase.configuration.penalty.threshold == nil ? 2e-6 : 1e-5
    for step in 1...1000 {
      let sample = stream.next()
      lazy.learn(sample)
      eager.learn(sample)
      // In the middle of a truncation period, at its end, and whenever.
      if [5, 350, 701, 999, 1000].contains(step) {
        expectAgreement(lazy, eager, tolerance: tolerance, "step \(step), \(learnerCase.testDescription)")
      }
    }
    #expect(eager.weights.contains { $0 != 0 }, "the case is empty: \(learnerCase.testDescription)")
    // With θ few weights may ever be small enough to feel gravity.
    let penalty = learnerCase.configuration.penalty
    if penalty.l1 > 0, penalty.threshold == nil {
      let hasZero = lazy.model.learner.coefficients().contains(0)
      #expect(hasZero, "nothing was truncated: \(learnerCase.testDescription)")
    }
  }
}
