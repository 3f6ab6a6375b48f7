import Testing

@testable import OnlineLearning

/// New rules hold from the step on at which they come; what is owed is paid by the old ones.
@Suite struct ReconfigurationTests {
  private static let pairs =
    zip(LearnerCase.some, LearnerCase.some.reversed())
    .filter { $0.configuration.loss == $1.configuration.loss }
    + zip(LearnerCase.some, LearnerCase.some.dropFirst(3))
    .filter { $0.configuration.loss == $1.configuration.loss }

  @Test(arguments: pairs)
  func agreesWithTheOracle(_ before: LearnerCase, _ after: LearnerCase) {
    var configuration = after.configuration
    configuration.memory = before.configuration.memory
    var lazy = ModelUnderTest(before.configuration)
    var eager = EagerLearner(before.configuration, dimensions: LearnerCase.dimensions)
    var stream = RandomStream(
      seed: before.seed, loss: before.configuration.loss, dimensions: LearnerCase.dimensions, weighted: before.weighted)
    let comment: Comment = "\(before.testDescription) to \(after.testDescription)"
    for step in 1...900 {
      // In the middle of every period K > 1.
      if step == 404 {
        lazy.model = lazy.model.reconfigured(configuration)
        eager.reconfigure(configuration)
        expectAgreement(lazy, eager, comment)
      }
      let sample = stream.next()
      lazy.learn(sample)
      eager.learn(sample)
    }
    expectAgreement(lazy, eager, comment)
  }

  /// Where gravity holds nothing back, new rules change no coefficient by themselves.
  @Test(arguments: LearnerCase.some)
  func coefficientsStayAsTheyAre(_ learnerCase: LearnerCase) {
    var lazy = ModelUnderTest(learnerCase.configuration)
    var stream = learnerCase.stream
    // A multiple of all periods.
    for _ in 0..<350 { lazy.learn(stream.next()) }
    var configuration = learnerCase.configuration
    configuration.penalty = Penalty(l1: 0.5, l2: 0.25, threshold: 0.1, period: 3)
    let reconfigured = lazy.model.reconfigured(configuration)
    let agree = reconfigured.learner.coefficients() == lazy.model.learner.coefficients()
    #expect(agree, "\(learnerCase.testDescription)")
    #expect(reconfigured.configuration == configuration)
    #expect(reconfigured.steps == 350)
    #expect(reconfigured.learner.intercept == lazy.model.learner.intercept)
    #expect(reconfigured.validation == lazy.model.validation)
    // The weights owe nothing any more.
    let coordinates = reconfigured.learner.weights.uniform?.coordinates ?? []
    let paid = coordinates.elementsEqual(reconfigured.learner.coefficients()) { $0 == .init(value: $1, epoch: 0, mark: 0) }
    #expect(paid, "\(learnerCase.testDescription)")
  }
}
