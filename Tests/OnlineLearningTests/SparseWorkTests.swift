import TestSupport
import Testing

@testable import OnlineLearning

/// The work of a step is that of its sample, however large the model: counted in coordinates written, not in time.
@Suite struct SparseWorkTests {
  @Test(arguments: [1, 7])
  func onlyTouchedCoordinatesAreWritten(period: Int) throws {
    let seed: UInt64 = 51
    var random = SeededGenerator(seed: seed)
    var learner = LinearLearner(LearnerConfiguration(penalty: Penalty(l1: 0.02, l2: 0.01, period: period)))
    learner.grow(to: 500)
    for step in 0..<300 {
      let features = Set((0..<4).map { _ in UInt32(random.below(500)) }).sorted()
      let values = features.map { _ in Float(random.normal()) }
      let (before, clock) = (try #require(learner.weights.uniform).coordinates, learner.state.clock)
      learner.learn(features, values, random.normal())
      let after = try #require(learner.weights.uniform).coordinates
      let written = after.indices.filter { after[$0] != before[$0] }
      #expect(Set(written).isSubset(of: Set(features.map(Int.init))), "step \(step) seed=\(seed)")
      // The touched are marked as of the moment before the step; the step itself they owe like all others.
      for feature in features.map(Int.init) {
        #expect(after[feature].mark == clock.pull, "step \(step) seed=\(seed)")
        #expect(after[feature].epoch == clock.epoch, "step \(step) seed=\(seed)")
      }
    }
  }

  /// The same for every rule, in the columns that a checkpoint holds.
  @Test(arguments: LearnerCase.Kind.allCases, Penalty.Penalize.allCases)
  func onlyTouchedColumnsAreWritten(_ kind: LearnerCase.Kind, _ penalize: Penalty.Penalize) {
    let seed: UInt64 = 52
    var random = SeededGenerator(seed: seed)
    let configuration = LearnerConfiguration(
      optimizer: kind.optimizer, averagingStart: kind == .averaged ? 5 : nil,
      penalty: Penalty(l1: 0.02, l2: 0.01, penalize: penalize, factors: LearnerCase.factors))
    var learner = LinearLearner(configuration)
    learner.grow(to: 100)
    func rows(_ learner: LinearLearner) -> [[Double]] {
      let columns = LinearLearner.columns(of: configuration).compactMap { learner.column($0) }
      return (0..<100).map { feature in
        columns.map {
          switch $0 {
          case .float32(let values): Double(values[feature])
          case .float64(let values): values[feature]
          case .uint32(let values): Double(values[feature])
          }
        }
      }
    }
    for step in 0..<100 {
      let features = Set((0..<4).map { _ in UInt32(random.below(100)) }).sorted()
      let before = rows(learner)
      learner.learn(features, features.map { _ in Float(random.normal()) }, random.normal())
      let after = rows(learner)
      let written = after.indices.filter { after[$0] != before[$0] }
      #expect(written == features.map(Int.init), "step \(step) seed=\(seed)")
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
    #expect(learner.weights.uniform?.coordinates[0] == .init(value: 2, epoch: 0, mark: 0))
    #expect(learner.coefficient(0) == 1.5)
    #expect(learner.coefficients() == [1.5, 0])
    #expect(learner.margin([0], [2]) == 3)
    #expect(learner.weights.uniform?.coordinates[0] == .init(value: 2, epoch: 0, mark: 0))
  }

  /// What a weight takes in memory: 24 bytes at most for SGD and AdaGrad, 32 for the others, and wherever features are
  /// measured.
  @Test(arguments: Optimizer.allCases, [nil, 5])
  func bytesPerWeight(_ optimizer: Optimizer, averagingStart: Int?) {
    var configuration = LearnerConfiguration(optimizer: optimizer, averagingStart: averagingStart)
    let isSmall = optimizer == .sgd || optimizer == .adagrad
    #expect(LinearLearner.bytesPerWeight(configuration) <= (isSmall ? 24 : 32))
    configuration.penalty = Penalty(l1: 0.1, l2: 0.1)
    #expect(LinearLearner.bytesPerWeight(configuration) <= (isSmall ? 24 : 32))
    configuration.penalty.penalize = .scaled
    #expect(LinearLearner.bytesPerWeight(configuration) <= 32)
    #expect(MemoryLayout<UniformWeights.Coordinate>.stride <= 24)
    #expect(MemoryLayout<AdaptiveWeights.Coordinate>.stride <= 24)
    #expect(MemoryLayout<ProximalWeights.Coordinate>.stride <= 32)
    #expect(MemoryLayout<RootMeanSquare>.stride <= 8)
  }

  /// A million samples after ten million others do not move a feature's measured size by their roundings.
  @Test(arguments: [UInt64(54), 55])
  func measuredSizesDoNotDrift(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var measured = RootMeanSquare(value: 1, samples: 10_000_000)
    var sum = 1e7
    for step in 1...1_000_000 {
      let x = random.normal()
      sum += x * x
      measured.add(x, at: 10_000_000 + UInt64(step))
    }
    let exact = (sum / 11_000_000).squareRoot()
    #expect(abs(Double(measured.value) / exact - 1) < 1e-3, "\(measured.value), not \(exact), seed=\(seed)")
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

  /// After 20,000 steps without it, a feature of truth 1 comes to the lasso's 1 − λ1, or near it, whatever the optimizer.
  /// With the penalty of the time before, FTRL would hold it at 0.
  @Test(arguments: LearnerCase.Kind.allCases, [nil, UInt32(20_000)])
  func lateFeatureComesToItsCoefficient(_ kind: LearnerCase.Kind, room: UInt32?) {
    var random = SeededGenerator(seed: 53)
    var learner = LinearLearner(
      LearnerConfiguration(
        intercept: false, optimizer: kind.optimizer,
        learningRate: LearningRate(schedule: .constant, initial: kind.optimizer == .sgd ? 0.05 : 0.5),
        averagingStart: kind == .averaged ? 21_000 : nil, penalty: Penalty(l1: 0.1)))
    // The room may be there from the beginning, and the name known.
    learner.grow(to: 1)
    if room != nil { learner.grow(to: 2) }
    for _ in 0..<20_000 { learner.learn([0], [random.pick([1, -1])], 0.1 * random.normal()) }
    learner.grow(to: 2)
    for _ in 0..<4000 {
      let x: Float = random.pick([1, -1])
      learner.learn([1], [x], Double(x) + 0.1 * random.normal())
    }
    #expect(abs(learner.coefficient(1) - 0.9) < 0.05, "\(kind): \(learner.coefficient(1))")
    #expect(abs(learner.coefficient(0)) < 0.01, "\(kind): \(learner.coefficient(0))")
  }
}
