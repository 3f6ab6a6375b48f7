import OnlineLearning
import TestSupport
import Testing

/// What features add to a margin, beside an oracle in which every weight pays at every step.
@Suite struct ContributionTests {
  /// All losses, optimizers and penalties, but not each with each.
  private static let cases =
    LearnerCase.all.enumerated().filter { $0.offset % 17 == 0 }.map(\.element) + LearnerCase.someOptimizers

  @Test(arguments: cases)
  func contributionsAddUpToTheMargin(_ learnerCase: LearnerCase) {
    var lazy = ModelUnderTest(learnerCase.configuration)
    var eager = EagerLearner(learnerCase.configuration, dimensions: LearnerCase.dimensions)
    var stream = learnerCase.stream
    var (deviation, largest) = (0.0, 1.0)
    for step in 1...100 {
      let sample = stream.next()
      let before = step == 100 ? ModelBits(lazy.model) : nil
      let learner = lazy.model.learner
      let intercept = learner.intercept
      var (sum, magnitude) = (intercept, abs(intercept))
      for (feature, value) in zip(sample.features, sample.values) {
        guard let index = lazy.model.space.index(of: "feature \(feature)"), Int(index) < learner.count else { continue }
        let contribution = learner.contribution(of: Int(index), value: value)
        sum += contribution
        magnitude += abs(contribution)
      }
      if let before { #expect(ModelBits(lazy.model) == before, "looking changes nothing") }
      let margin = lazy.learn(sample)
      #expect(abs(sum - margin) <= 1e-12 * magnitude, "\(sum) and \(margin), \(learnerCase.testDescription)")
      let expected = eager.learn(sample)
      deviation = max(deviation, abs(sum - expected))
      largest = max(largest, abs(expected))
    }
    #expect(deviation <= 1e-5 * largest, "beside the oracle, \(learnerCase.testDescription)")
  }
}
