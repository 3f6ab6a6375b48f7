import TestSupport
import Testing

@testable import OnlineLearning

/// `normalized` keeps the rates by which weights pay their debts: they are those that follow from the weights, whoever has
/// changed them.
struct KeptRatesTests {
  @Test(arguments: UInt64(1)...8)
  func areThoseThatFollow(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var configuration = LearnerConfiguration(
      learningRate: LearningRate(schedule: .constant, initial: 0.5), penalty: Penalty(l1: 0.01, l2: 0.1))
    configuration.optimizer = .normalized
    var (keeping, finding) = (LinearLearner(configuration), LinearLearner(configuration))
    for message in 0..<40 {
      let count = 10 + message
      let forgotten = message % 5 == 4 ? (0..<4).map { _ in random.below(count - 1) } : []
      let batch = batch(features: count, using: &random)
      keeping.grow(to: count)
      finding.grow(to: count)
      keeping.forget(forgotten)
      finding.forget(forgotten)
      finding.weights.adaptive?.forgetRates()
      keeping.learn(batch) { _, _ in }
      finding.learn(batch) { _, _ in }
      let (kept, found) = (keeping.weights.adaptive?.coordinates, finding.weights.adaptive?.coordinates)
      #expect(try #require(kept) == #require(found), "message \(message) seed=\(seed)")
    }
  }

  /// Settings let no infinite threshold in, but whoever uses the library can have one.
  @Test(arguments: UInt64(1)...4)
  func anInfiniteThresholdIsNone(_ seed: UInt64) throws {
    func coefficients(_ threshold: Double?) -> [Float] {
      var random = SeededGenerator(seed: seed)
      var configuration = LearnerConfiguration(penalty: Penalty(l1: 0.01, l2: 0.1, threshold: threshold))
      configuration.optimizer = .normalized
      var learner = LinearLearner(configuration)
      learner.grow(to: 20)
      for _ in 0..<10 { learner.learn(batch(features: 20, using: &random)) { _, _ in } }
      return learner.coefficients()
    }
    let unlimited = coefficients(nil)
    #expect(unlimited.contains { $0 != 0 })
    #expect(coefficients(.infinity) == unlimited, "seed=\(seed)")
  }

  private func batch(features: Int, using random: inout SeededGenerator) -> SampleBatch {
    var batch = SampleBatch()
    for _ in 0..<3 {
      for feature in 0..<features where random.unit() < 0.4 {
        batch.append(feature: UInt32(feature), value: Float(random.normal()))
      }
      batch.endRow(target: random.normal(), importance: 1)
    }
    return batch
  }
}
