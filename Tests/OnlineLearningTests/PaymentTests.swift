import OnlineLearning
import TestSupport
import Testing

/// A debt is paid once, by the rules of its time, whatever the sample does that pays it.
@Suite struct PaymentTests {
  private func compare(
    _ configuration: LearnerConfiguration, _ samples: [Sample], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var lazy = ModelUnderTest(configuration)
    var eager = EagerLearner(configuration, dimensions: 3)
    for (step, sample) in samples.enumerated() {
      lazy.learn(sample)
      eager.learn(sample)
      let (coefficients, expected) = (lazy.coefficients(dimensions: 3), eager.weights)
      let deviation = zip(coefficients, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(deviation < 1e-6, "step \(step): \(coefficients), not \(expected)", sourceLocation: sourceLocation)
      if deviation >= 1e-6 { return }
    }
  }

  private func sample(_ feature: Int, _ x: Float, _ target: Double, importance: Double = 1) -> Sample {
    Sample(features: [feature], values: [x], target: target, importance: importance)
  }

  /// A push that makes up for a debt to the bit leaves the weight as it was, but the debt is paid: 3/4 − 4/8 + 1/2.
  @Test(arguments: [nil, 0])
  func pushThatEqualsTheDebt(averagingStart: Int?) {
    let configuration = LearnerConfiguration(
      loss: .hinge, intercept: false, learningRate: LearningRate(schedule: .constant, initial: 0.5),
      averagingStart: averagingStart, penalty: Penalty(l1: 0.25, factors: LearnerCase.factors))
    let pause = Array(repeating: Sample(features: [], values: [], target: 1, importance: 1), count: 3)
    compare(
      configuration,
      [sample(0, 1, 1, importance: 1.5)] + pause + [sample(0, 1, 1)] + pause + [sample(0, 1, 1)] + pause)
  }

  /// AdaGrad's first push is η, and so is one far larger than all before it: a weight that shrank to 0 in between comes
  /// to where it was, and owes nothing.
  @Test func adagradComesBackToTheSameWeight() {
    let configuration = LearnerConfiguration(
      intercept: false, optimizer: .adagrad, learningRate: LearningRate(schedule: .constant, initial: 0.0625),
      penalty: Penalty(l1: 0.001))
    let pause = Array(repeating: sample(1, 1, 0), count: 50)
    compare(configuration, [sample(0, 0.0001, 1)] + pause + [sample(0, 1, 1)] + pause)
  }

  /// A weight above θ/u owes nothing. A sample that teaches nothing, but makes u larger or smaller, changes what it owes
  /// from then on, not before.
  @Test(arguments: [Float(1), 0.5])
  func unitChangesWithoutAPush(_ x: Float) {
    let configuration = LearnerConfiguration(
      loss: .epsilonInsensitive, lossParameters: LossParameters(epsilon: 0.5), intercept: false,
      learningRate: LearningRate(schedule: .constant, initial: 0.5),
      penalty: Penalty(l1: 0.25, threshold: 0.4, penalize: .scaled))
    let pause = Array(repeating: Sample(features: [], values: [], target: 0, importance: 1), count: 4)
    compare(configuration, [sample(0, 1, 2)] + pause + [sample(0, x, 0.4 * Double(x))] + pause)
  }

  /// The path that a mean is of was walked with the u of then.
  @Test func meanKeepsTheUnitOfItsPath() {
    let configuration = LearnerConfiguration(
      intercept: false, learningRate: LearningRate(schedule: .constant, initial: 0.25), averagingStart: 0,
      penalty: Penalty(l1: 0.25, l2: 0.5, penalize: .scaled))
    let pause = Array(repeating: sample(1, 1, 0), count: 9)
    compare(configuration, [sample(0, 1, 2)] + pause + [sample(0, 4, 1)] + pause)
  }

  /// Samples that teach next to nothing change nothing, however often they make weights pay: shrinkage is a flow.
  /// (`normalized` counts the features of a sample also where it teaches nothing.)
  @Test(
    arguments: [
      (Optimizer.sgd, nil, false), (.sgd, 0.3, false), (.sgd, nil, true), (.sgd, 0.3, true), (.adagrad, nil, true),
      (.adagrad, 0.3, true), (.ftrl, nil, true),
    ], [UInt64(91), 92])
  func payingOftenIsPayingOnce(
    _ rule: (optimizer: Optimizer, threshold: Double?, hasFactors: Bool), seed: UInt64
  ) {
    var random = SeededGenerator(seed: seed)
    let configuration = LearnerConfiguration(
      loss: .epsilonInsensitive, lossParameters: LossParameters(epsilon: 1e6), intercept: false,
      optimizer: rule.optimizer,
      learningRate: LearningRate(schedule: .constant, initial: 0.1, update: .gradient),
      penalty: Penalty(
        l1: 0.01, l2: 0.02, threshold: rule.threshold, factors: rule.hasFactors ? LearnerCase.factors : []))
    var often = ModelUnderTest(configuration)
    var once = ModelUnderTest(configuration)
    let names = Array(0..<50)
    for target in [1e7, -2e7, 3e7] {
      let values = names.map { _ in Float(random.normal()) }
      for model in 0...1 {
        let sample = Sample(features: names, values: values, target: target, importance: 1)
        if model == 0 { often.learn(sample) } else { once.learn(sample) }
      }
    }
    for _ in 0..<40 {
      let some = names.filter { _ in random.below(3) == 0 }
      often.learn(Sample(features: some, values: some.map { _ in 1e-3 }, target: 1e7, importance: 1e-30))
      once.learn(Sample(features: [], values: [], target: 0, importance: 1))
    }
    let (one, other) = (often.coefficients(dimensions: 50), once.coefficients(dimensions: 50))
    let deviation = zip(one, other).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(deviation < 1e-6, "\(rule) seed=\(seed)")
    let supportAgrees = zip(one, other).allSatisfy { ($0 == 0) == ($1 == 0) }
    #expect(supportAgrees, "\(rule) seed=\(seed)")
    let hasLearned = one.contains { abs($0) > 0.01 }
    #expect(hasLearned)
    // FTRL's weights owe nothing.
    let hasPaid = often.model.learner.column(.marks) != once.model.learner.column(.marks)
    #expect(hasPaid != (rule.optimizer == .ftrl), "\(rule) seed=\(seed)")
  }
}
