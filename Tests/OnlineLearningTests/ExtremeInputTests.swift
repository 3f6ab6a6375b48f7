import Glibc
import OnlineLearning
import TestSupport
import Testing

/// No stream of finite samples makes anything infinite or NaN.
@Suite struct ExtremeInputTests {
  private static let sizes: [Double] = [
    Double(Float.greatestFiniteMagnitude), 3.4e38, 1e30, 1e20, 1, 1e-20, 1e-38, 1e-45,
  ]

  @Test(arguments: LearnerCase.all + LearnerCase.optimizers)
  func nothingBecomesInfinite(_ learnerCase: LearnerCase) {
    var random = SeededGenerator(seed: learnerCase.seed)
    var lazy = ModelUnderTest(learnerCase.configuration)
    let loss = learnerCase.configuration.lossFunction
    for step in 0..<200 {
      var sample = Sample(features: [], values: [], target: 0, importance: random.pick(Self.sizes))
      for feature in Set((0..<1 + random.below(6)).map { _ in random.below(12) }).sorted() {
        sample.features.append(feature)
        sample.values.append(Float(random.pick(Self.sizes) * random.pick([1, -1])))
      }
      sample.target = random.pick(loss.loss == .poisson ? [0, 1] : [1, -1])
      if !loss.loss.isClassification { sample.target *= random.pick(Self.sizes) }
      let margin = lazy.learn(sample)
      #expect(margin.isFinite, "margin, step \(step), \(learnerCase.testDescription)")
      let model = lazy.model
      let isHeld = model.learner.coefficients().allSatisfy { abs($0) <= Float(LinearLearner.largestWeight) }
      #expect(isHeld, "weights, step \(step), \(learnerCase.testDescription)")
      // A mean of such is rounded.
      let largest = LinearLearner.largestWeight * (1 + 1e-12)
      #expect(abs(model.learner.intercept) <= largest, "step \(step), \(learnerCase.testDescription)")
      #expect(model.learner.state.isPlausible, "step \(step), \(learnerCase.testDescription)")
      if !isHeld || !model.learner.state.isPlausible { break }
      if step % 10 != 9 { continue }
      #expect(model.learner.isAccepted, "checkpoint, step \(step), \(learnerCase.testDescription)")
      // Metrics that are not finite could not be said in JSON.
      let metrics = [model.validation.overall(loss), model.validation.recent(loss), model.validation.window(loss)]
      #expect(metrics.allSatisfy { $0?.isFinite == true }, "\(metrics), step \(step), \(learnerCase.testDescription)")
    }
    // Invariant updates go no further than the sample asks for, and rates make small steps of large gradients.
    if learnerCase.configuration.update == .gradient, learnerCase.configuration.optimizer == .sgd {
      #expect(lazy.model.learner.state.clampedUpdates > 0, "\(learnerCase.testDescription)")
    }
  }

  /// A new feature that is 0 teaches nothing.
  @Test(arguments: Optimizer.allCases, Penalty.Penalize.allCases)
  func valuesOfZeroStayFinite(_ optimizer: Optimizer, _ penalize: Penalty.Penalize) {
    var learner = LinearLearner(
      LearnerConfiguration(optimizer: optimizer, penalty: Penalty(l1: 0.01, penalize: penalize)))
    learner.grow(to: 2)
    for round in 0..<3 {
      var batch = SampleBatch()
      batch.append(upTo: 1, featureBound: 1) { features, values in
        features.append(0)
        values.append(0)
        return 0
      }
      if round > 0 { batch.append(feature: 1, value: 1) }
      batch.endRow(target: 3, importance: 1)
      learner.learn(batch) { _, margin in #expect(margin.isFinite) }
      let isAccepted = learner.isAccepted
      #expect(isAccepted, "round \(round)")
    }
    #expect(learner.coefficient(0) == 0)
    #expect(learner.coefficient(1) > 0)
  }

  /// Settings far beyond any use, with ordinary samples.
  @Test(arguments: LearnerCase.Kind.allCases + [nil], Loss.allCases)
  func settingsBeyondUseStayFinite(_ kind: LearnerCase.Kind?, _ loss: Loss) {
    let seed: UInt64 = 98
    var random = SeededGenerator(seed: seed)
    let (small, large) = (1e-300, 1e9)
    for round in 0..<60 {
      var configuration = LearnerConfiguration(
        loss: loss,
        lossParameters: LossParameters(
          quantile: random.pick([1e-9, 0.5, 1 - 1e-9]), delta: random.pick([small, 1, large]),
          epsilon: random.pick([0, 1, large])),
        intercept: random.below(2) == 0, optimizer: kind?.optimizer ?? .sgd,
        learningRate: LearningRate(
          initial: random.pick([small, 0.1, large]), power: random.pick([0, 0.25, large]),
          offset: random.pick([nil, small, large]), update: random.pick(LearningRate.Update.allCases),
          beta: random.pick([small, 1, large])),
        averagingStart: kind == .averaged ? 3 : nil,
        penalty: Penalty(
          l1: random.pick([0, small, 0.1, large]), l2: random.pick([0, small, 0.1, large]),
          threshold: random.pick([nil, small, large]), penalize: kind == .scaled ? .scaled : .raw,
          factors: kind == nil ? [] : LearnerCase.factors + [PenaltyFactor("feature 5", 1e6)].compactMap { $0 }))
      if kind == nil { configuration.penalty.period = random.pick([1, 3]) }
      if kind == .ftrl {
        configuration.learningRate.update = .gradient
        configuration.penalty.threshold = nil
      } else if kind?.optimizer ?? .sgd == .sgd, !configuration.penalty.isNone {
        configuration.learningRate.schedule = random.pick(LearningRate.Schedule.allCases)
      }
      var lazy = ModelUnderTest(configuration)
      var stream = RandomStream(seed: seed + UInt64(round), loss: loss, dimensions: 10, weighted: true)
      for _ in 0..<40 { lazy.learn(stream.next()) }
      let learner = lazy.model.learner
      let place: Comment = "round \(round)"
      let isHeld = learner.coefficients().allSatisfy { abs($0) <= Float(LinearLearner.largestWeight) }
      #expect(isHeld, place)
      #expect(learner.intercept.isFinite, place)
      let isAccepted = learner.isAccepted
      #expect(isAccepted, place)
    }
  }

  @Test func everyHeldBackUpdateIsCounted() {
    let huge = Float.greatestFiniteMagnitude
    let limit = LinearLearner.largestWeight
    let configuration = LearnerConfiguration(
      learningRate: LearningRate(schedule: .constant, initial: 1), penalty: Penalty())
    var learner = LinearLearner(configuration)
    learner.grow(to: 3)
    // Feature 1 has a value that keeps it in range; the intercept moves as far as the target.
    learner.learn([0, 1], [huge, 1e-38], -1e30)
    #expect(learner.state.clampedUpdates == 1)
    #expect(learner.coefficients() == [Float(-limit), Float(-1e30 * Double(Float(1e-38))), 0])
    #expect(learner.intercept == -1e30)
    // Now the margin is about −10⁶⁸: the derivative is cut, and everything it touches held back, the intercept as well.
    learner.learn([0], [huge], 0)
    #expect(learner.state.clampedUpdates == 4)
    #expect(learner.coefficients()[0] == Float(limit))
    #expect(learner.intercept == limit)
    // An update within range is not counted.
    learner.learn([2], [1], limit / 2)
    #expect(learner.state.clampedUpdates == 4)
  }

  /// Derivatives are cut at Float32's largest number, and each cut is counted, however the weights are kept.
  @Test(arguments: [[], LearnerCase.factors])
  func derivativesAreCutAndCounted(factors: [PenaltyFactor]) {
    let configuration = LearnerConfiguration(
      intercept: false, learningRate: LearningRate(schedule: .constant, initial: 1), penalty: Penalty(factors: factors))
    var learner = LinearLearner(configuration)
    learner.grow(to: 2)
    let huge = Float.greatestFiniteMagnitude
    learner.learn([0], [huge], 1e30)
    #expect(learner.coefficient(0) == 1e30)
    let clamped = learner.state.clampedUpdates
    // The margin is 3.4·10⁶⁸, and so would be the derivative.
    learner.learn([0, 1], [huge, 1e-38], 0)
    #expect(abs(learner.coefficient(1) + 3.4028) < 0.001)
    // The derivative, and the first weight.
    #expect(learner.state.clampedUpdates == clamped + 2)
  }

  /// e^100 is beyond Float32's range, too.
  @Test(arguments: [Optimizer.sgd, .adagrad, .normalized, .ftrl], [[], LearnerCase.factors])
  func exponentialDerivativesAreCutAndCounted(_ optimizer: Optimizer, factors: [PenaltyFactor]) {
    var configuration = LearnerConfiguration(
      learningRate: LearningRate(schedule: .constant, initial: 1), penalty: Penalty(factors: factors))
    var learner = LinearLearner(configuration)
    learner.learn([], [], 100)
    #expect(learner.intercept == 100)
    configuration.loss = .poisson
    configuration.optimizer = optimizer
    configuration.learningRate.initial = 1e-30
    configuration.learningRate.update = .gradient
    learner = learner.reconfigured(configuration)
    learner.learn([], [], 1)
    #expect(learner.state.clampedUpdates == 1, "\(optimizer)")
  }

  /// A period so long, or λ2 so large, that taking the decay back would leave Float64's range.
  @Test(arguments: [nil, 0.5], [0.0, 0.1])
  func longPeriodsOfStrongDecay(threshold: Double?, l1: Double) {
    let penalty = Penalty(l1: l1, l2: 1, threshold: threshold, period: 1000)
    let configuration = LearnerConfiguration(
      intercept: false, learningRate: LearningRate(schedule: .constant, initial: 1), penalty: penalty)
    var learner = LinearLearner(configuration)
    learner.grow(to: 1)
    learner.pass(998)
    // From 0 to 8 at the last step but one of the period: two steps of decay later gravity pulls.
    learner.learn([0], [1], 8)
    #expect(abs(learner.coefficient(0) - Float(8 * exp(-1.0))) < 1e-6)
    learner.pass(1)
    // 8 e^998 sinks for 1000, all of it above θ; without θ gravity takes up to λ1/λ2 off.
    let expected = 8 * exp(-2.0) - (threshold == nil ? l1 : 0)
    #expect(abs(learner.coefficient(0) - Float(expected)) < 1e-6)
    learner.pass(1000)
    #expect(learner.coefficient(0) == 0 || l1 == 0)
    #expect(learner.coefficient(0).isFinite)
  }
}
