import CProcessor
import TestSupport
import Testing

@testable import OnlineLearning

/// Four features at a time or two: the outcome is the same to the bit. Two at a time is what all other tests see on processors
/// without AVX2.
@Suite(.enabled(if: has_avx2(), "this processor has no AVX2"))
struct WideRowTests {
  private static let penalties = [
    Penalty(), Penalty(l1: 0.01), Penalty(l2: 0.3), Penalty(l1: 0.01, l2: 0.3), Penalty(l1: 0.01, l2: 0.3, period: 3),
    Penalty(l1: 0.01, threshold: 0.2),
  ]

  /// Rows of every length up to 40, none too; epochs pass (λ2 of 0.3 takes some 70 steps each), and rare features are of
  /// earlier ones.
  @Test(arguments: WideRowTests.penalties.indices, UInt64(1)...12)
  func sameToTheBit(_ penalty: Int, _ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let configuration = LearnerConfiguration(
      loss: seed % 2 == 0 ? .logistic : .squared,
      learningRate: LearningRate(schedule: .constant, initial: 0.5), penalty: WideRowTests.penalties[penalty])
    let learner = try learnBothWays(configuration, messages: 60, "seed=\(seed)", using: &random)
    let touched = try #require(learner.weights.uniform).coordinates.count { $0.value != 0 }
    #expect(touched > 20, "seed=\(seed)")
    if WideRowTests.penalties[penalty].l2 > 0 { #expect(learner.state.clock.epoch > 2, "seed=\(seed)") }
  }

  /// Values that carry weights to the largest one, where each move is looked at by itself.
  @Test func sameAtTheLimit() throws {
    var random = SeededGenerator(seed: 0x11)
    let configuration = LearnerConfiguration(
      learningRate: LearningRate(schedule: .constant, initial: 1e18), penalty: Penalty(l1: 1e-3))
    let learner = try learnBothWays(configuration, messages: 40, using: &random)
    #expect(learner.state.clampedUpdates > 0)
  }

  /// Debts of all lengths: at λ2 of 0.3 rare features owe too much for the series, at 1e-3 none does.
  @Test(
    arguments: [Optimizer.adagrad, .normalized],
    WideRowTests.penalties.filter { $0.threshold == nil } + [Penalty(l2: 1e-3), Penalty(l1: 1e-4, l2: 1e-3)])
  func sameToTheBitWithRatesOfTheirOwn(_ optimizer: Optimizer, _ penalty: Penalty) throws {
    for seed in UInt64(1)...12 {
      var random = SeededGenerator(seed: seed)
      var configuration = LearnerConfiguration(
        loss: seed % 2 == 0 ? .logistic : .squared,
        learningRate: LearningRate(
          schedule: .constant, initial: 0.5, update: seed % 3 == 0 ? .invariant : .gradient),
        penalty: penalty)
      configuration.optimizer = optimizer
      let learner = try learnBothWays(configuration, messages: 60, "seed=\(seed)", using: &random)
      let touched = try #require(learner.weights.adaptive).coordinates.count { $0.value != 0 }
      #expect(touched > 20, "seed=\(seed)")
    }
  }

  @Test func sameAtTheLimitWithRatesOfTheirOwn() throws {
    var random = SeededGenerator(seed: 0x12)
    var configuration = LearnerConfiguration(
      learningRate: LearningRate(schedule: .constant, initial: 1e37, update: .gradient),
      penalty: Penalty(l1: 1e-3, l2: 1e-40))
    configuration.optimizer = .adagrad
    let learner = try learnBothWays(configuration, messages: 40, using: &random)
    #expect(learner.state.clampedUpdates > 0)
  }

  /// Learns the same four and two at a time, and compares all that there is after every message.
  private func learnBothWays(
    _ configuration: LearnerConfiguration, messages: Int, _ comment: String = "", using random: inout SeededGenerator
  ) throws -> LinearLearner {
    var (wide, narrow) = (LinearLearner(configuration), LinearLearner(configuration))
    wide.grow(to: 200)
    narrow.grow(to: 200)
    #expect(wide.isWide == true)
    narrow.isWide = false
    for message in 0..<messages {
      let batch = batch(rows: 1 + random.below(12), using: &random)
      var (ours, theirs): ([UInt64], [UInt64]) = ([], [])
      wide.learn(batch) { ours.append($1.bitPattern) }
      narrow.learn(batch) { theirs.append($1.bitPattern) }
      #expect(ours == theirs, "message \(message) \(comment)")
      #expect(try bits(wide) == bits(narrow), "message \(message) \(comment)")
      #expect(wide.state == narrow.state, "message \(message) \(comment)")
    }
    return narrow
  }

  private func bits(_ learner: LinearLearner) throws -> [UInt64] {
    if let adaptive = learner.weights.adaptive {
      return adaptive.coordinates.flatMap {
        [UInt64($0.value.bitPattern), UInt64($0.scaleOrRate.bitPattern), $0.sum.bitPattern, $0.mark.bitPattern]
      }
    }
    return try #require(learner.weights.uniform).coordinates.flatMap {
      [UInt64($0.value.bitPattern), UInt64($0.epoch), $0.mark.bitPattern]
    }
  }

  /// Low features are common and high ones rare, so that debts of all lengths occur.
  private func batch(rows: Int, using random: inout SeededGenerator) -> SampleBatch {
    var batch = SampleBatch()
    for _ in 0..<rows {
      var features: Set<UInt32> = []
      for _ in 0..<random.below(41) {
        let place = random.unit()
        features.insert(UInt32(place * place * place * 200))
      }
      for feature in features.sorted() { batch.append(feature: feature, value: Float(random.normal())) }
      batch.endRow(target: random.unit() < 0.5 ? 1 : -1, importance: random.uniform(0.5..<2))
    }
    return batch
  }
}

extension LinearLearner {
  /// Whether four features are learned at a time.
  fileprivate var isWide: Bool? {
    get { weights.uniform?.isWide ?? weights.adaptive?.isWide }
    set {
      guard let newValue else { return }
      weights.uniform?.isWide = newValue
      weights.adaptive?.isWide = newValue
    }
  }
}
