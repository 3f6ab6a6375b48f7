import TestSupport
import Testing

@testable import OnlineLearning

/// The work of a step is that of its sample, however large the model: counted in coordinates written, not in time.
@Suite struct SparseWorkTests {
  @Test(arguments: [1, 7])
  func onlyTouchedCoordinatesAreWritten(period: Int) {
    let seed: UInt64 = 51
    var random = SeededGenerator(seed: seed)
    var learner = LinearLearner(LearnerConfiguration(penalty: Penalty(l1: 0.02, l2: 0.01, period: period)))
    learner.grow(to: 500)
    for step in 0..<300 {
      let features = Set((0..<4).map { _ in UInt32(random.below(500)) }).sorted()
      let values = features.map { _ in Float(random.normal()) }
      let (before, clock) = (learner.coordinates, learner.state.clock)
      _ = learner.learn(features.span, values.span, target: random.normal(), importance: 1)
      let written = learner.coordinates.indices.filter { learner.coordinates[$0] != before[$0] }
      #expect(Set(written).isSubset(of: Set(features.map(Int.init))), "step \(step) seed=\(seed)")
      // The touched are marked as of the moment before the step; the step itself they owe like all others.
      for feature in features.map(Int.init) {
        #expect(learner.coordinates[feature].mark == clock.pull, "step \(step) seed=\(seed)")
        #expect(learner.coordinates[feature].epoch == clock.epoch, "step \(step) seed=\(seed)")
      }
    }
  }

  /// Asking is not touching: predictions and dumps leave every debt as it is, and still show what is due.
  @Test func readingWritesNothing() {
    let configuration = LearnerConfiguration(
      intercept: false, learningRate: LearningRate(schedule: .constant, initial: 0.5),
      penalty: Penalty(l1: 0.25))
    var learner = LinearLearner(configuration)
    learner.grow(to: 2)
    learner.learn([0], [1], 4)
    for _ in 0..<3 {
      learner.learn([1], [1], 0)
    }
    // To 2 by the gradient, then four steps of 0.5 · 0.25.
    #expect(learner.coordinates[0] == .init(value: 2, epoch: 0, mark: 0))
    #expect(learner.coefficient(0) == 1.5)
    #expect(learner.coefficients() == [1.5, 0])
    #expect(learner.margin([0], [2]) == 3)
    #expect(learner.coordinates[0] == .init(value: 2, epoch: 0, mark: 0))
  }

  /// Vowpal Wabbit's global gravity kills features that come late; here a new one owes nothing of the past.
  @Test(arguments: [1, 10])
  func lateFeatureOwesNothingOfThePast(period: Int) {
    let configuration = LearnerConfiguration(
      intercept: false, learningRate: LearningRate(schedule: .constant, initial: 0.5),
      penalty: Penalty(l1: 0.25, period: period))
    var learner = LinearLearner(configuration)
    learner.pass(1000)
    learner.grow(to: 1)
    learner.learn([0], [1], 4)
    #expect(learner.coefficient(0) == (period == 1 ? 1.875 : 2))
  }
}
