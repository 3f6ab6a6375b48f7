import OnlineLearning
import TestSupport
import Testing

/// With invariant updates an importance weight of h is h copies, through the whole learner.
@Suite struct ImportanceTests {
  private func learner(_ loss: LossFunction, rate: Double, intercept: Bool) -> LinearLearner {
    var learner = LinearLearner(
      LearnerConfiguration(
        loss: loss.loss, lossParameters: loss.parameters, intercept: intercept,
        learningRate: LearningRate(schedule: .constant, initial: rate, update: .invariant), penalty: Penalty()))
    learner.grow(to: 20)
    return learner
  }

  @Test(arguments: LossFunction.examples, [0.001, 0.1, 20])
  func weightIsCopies(_ loss: LossFunction, rate: Double) {
    for seed in UInt64(71)...76 {
      var random = SeededGenerator(seed: seed)
      let intercept = random.below(2) == 0
      var weighted = learner(loss, rate: rate, intercept: intercept)
      var copied = learner(loss, rate: rate, intercept: intercept)
      for _ in 0..<60 {
        let features = Set((0..<1 + random.below(5)).map { _ in UInt32(random.below(20)) }).sorted()
        let values = features.map { _ in Float(random.normal()) }
        let target = loss.loss.randomTarget(&random)
        let copies = 1 + random.below(12)
        weighted.learn(features, values, target, importance: Double(copies))
        for _ in 0..<copies { copied.learn(features, values, target) }
      }
      let comment: Comment = "\(loss) rate=\(rate) intercept=\(intercept) seed=\(seed)"
      let (one, other) = (weighted.coefficients().map(Double.init), copied.coefficients().map(Double.init))
      let largest = one.reduce(1e-3) { max($0, abs($1)) }
      let deviation = zip(one, other).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
      #expect(deviation < 1e-5, comment)
      #expect(abs(weighted.intercept - copied.intercept) < 1e-5 * max(1, abs(copied.intercept)), comment)
      #expect(weighted.state.clampedUpdates == 0, comment)
    }
  }

  /// Losses that rest at the target take a sample of enormous weight to it and no further.
  @Test(arguments: LossFunction.examples)
  func enormousWeightIsAnExactFit(_ loss: LossFunction) {
    var random = SeededGenerator(seed: 77)
    for round in 0..<200 {
      var learner = learner(loss, rate: 1, intercept: random.below(2) == 0)
      let features = (0..<1 + random.below(5)).map { UInt32($0) }
      let values = features.map { _ in Float(random.uniform(0.5..<2) * random.pick([1, -1])) }
      let target = loss.loss.randomTarget(&random)
      let before = learner.margin(features, values)
      guard let rest = loss.rest(from: before, target), loss.oracle.derivative(before, target) != 0 else { continue }
      learner.learn(features, values, target, importance: 1e9)
      let margin = learner.margin(features, values)
      #expect(abs(margin - rest) < 1e-5 * max(1, abs(rest)), "\(loss) round \(round) y=\(target) p=\(margin)")
    }
  }
}
