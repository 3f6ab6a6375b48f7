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
    compare(before, to: after.configuration, steps: 900, "\(before.testDescription) to \(after.testDescription)")
  }

  /// Holds the model against the oracle before and after it gets another configuration, in the middle of every period
  /// K > 1.
  private func compare(
    _ before: LearnerCase, to configuration: LearnerConfiguration, steps: Int, _ comment: Comment
  ) {
    var configuration = configuration
    configuration.memory = before.configuration.memory
    var lazy = ModelUnderTest(before.configuration)
    var eager = EagerLearner(before.configuration, dimensions: LearnerCase.dimensions)
    var stream = before.stream
    for step in 1...steps {
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

  /// Other penalties, schedules and updates, of the same kind: what the optimizer has gathered is of use as before.
  private static let pairsOfKind = zip(LearnerCase.optimizers, LearnerCase.optimizers.dropFirst(3)).enumerated()
    .filter { $0.offset % 3 == 0 }.map(\.element)
    .filter {
      let (before, after) = ($0.configuration, $1.configuration)
      return before.loss == after.loss && before.optimizer == after.optimizer
        && (before.averagingStart == nil) == (after.averagingStart == nil)
    }

  @Test(arguments: pairsOfKind)
  func sameOptimizerAgreesWithTheOracle(_ before: LearnerCase, _ after: LearnerCase) {
    var configuration = after.configuration
    configuration.intercept = before.configuration.intercept
    configuration.averagingStart = before.configuration.averagingStart
    compare(before, to: configuration, steps: 800, "\(before.testDescription) to \(after.testDescription)")
  }

  private func configuration(_ kind: LearnerCase.Kind) -> LearnerConfiguration {
    LearnerConfiguration(
      optimizer: kind.optimizer, learningRate: LearningRate(schedule: .constant, initial: 0.05),
      averagingStart: kind == .averaged ? 10 : nil,
      penalty: Penalty(l1: 0.005, l2: 0.002, penalize: kind == .scaled ? .scaled : .raw))
  }

  /// From every kind to every other one: each weight goes on from where it is, and is what predicts.
  @Test(arguments: LearnerCase.Kind.allCases, LearnerCase.Kind.allCases)
  func weightsGoOverToEveryOptimizer(_ old: LearnerCase.Kind, _ new: LearnerCase.Kind) {
    let seed: UInt64 = 95
    var lazy = ModelUnderTest(configuration(old))
    var stream = RandomStream(seed: seed, loss: .squared, dimensions: LearnerCase.dimensions, weighted: true)
    for _ in 0..<500 { lazy.learn(stream.next()) }
    let before = lazy.model.learner
    let weights = (0..<before.count).map { before.weight($0) }
    var configuration = configuration(new)
    configuration.penalty = Penalty()
    let after = before.reconfigured(configuration)
    // Float32 rounds once.
    let deviation = weights.indices.filter { weights[$0] != 0 }.reduce(0) {
      max($0, abs(after.weight($1) / weights[$1] - 1))
    }
    #expect(deviation <= 0x1p-24, "\(old) to \(new), seed=\(seed)")
    let zerosAgree = weights.indices.allSatisfy { (weights[$0] == 0) == (after.weight($0) == 0) }
    #expect(zerosAgree, "\(old) to \(new), seed=\(seed)")
    #expect(after.state.intercept == before.state.intercept)
    #expect(after.isAccepted, "\(old) to \(new), seed=\(seed)")
    // A mean goes on only where both report one.
    let reported = old == .averaged && new == .averaged ? before : after
    if old != .averaged || new == .averaged {
      let agree = zip(before.coefficients(), reported.coefficients()).allSatisfy { abs($0 - $1) <= 1.2e-7 * abs($0) }
      #expect(agree, "\(old) to \(new), seed=\(seed)")
    }
    for feature in weights.indices {
      let index = UInt32(feature)
      // As large as a value that `normalized` has seen.
      let x: Float = 0x1p-10
      if old != .averaged || new != .averaged {
        let margin = before.state.intercept + weights[feature] * Double(x)
        #expect(abs(after.margin([index], [x]) - margin) < 1e-6, "\(old) to \(new), seed=\(seed)")
      }
      // A sample moves a weight by what a step can be, and does not take it away.
      var learning = after
      learning.learn([index], [1], before.state.intercept + weights[feature] + 0.01)
      if old == .normalized, new == .normalized { continue }
      #expect(abs(learning.weight(feature) - weights[feature]) < 0.051, "\(old) to \(new), seed=\(seed)")
    }
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
    let paid = coordinates.elementsEqual(reconfigured.learner.coefficients()) {
      $0 == .init(value: $1, epoch: 0, mark: 0)
    }
    #expect(paid, "\(learnerCase.testDescription)")
  }
}
