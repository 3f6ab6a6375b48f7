import Foundation
import Glibc
import OnlineLearning
import Testing

@Suite struct ModelTests {
  private let configuration = LearnerConfiguration(
    learningRate: LearningRate(schedule: .constant, initial: 0.5), penalty: Penalty(), recentHalfLife: 1)

  @Test func rowsAreLearnedInOrder() {
    var model = Model(configuration)
    var batch = SampleBatch()
    let name = Array("sleep".utf8)
    let sleep = model.dictionary.intern(name.span)
    batch.append(feature: sleep, value: 2)
    batch.endRow(target: 1, importance: 1)
    batch.append(feature: sleep, value: 1)
    batch.endRow(target: 0, importance: 3)
    #expect(model.learner.count == 0)
    model.learn(batch)
    // Row 0: p = 0, w = 0.5 · 1 · 2 = 1, b = 0.5. Row 1: p = 1.5, w = 1 − 0.5 · 1.5 · 3 = −1.25, b = −1.75.
    #expect(model.steps == 2)
    #expect(model.learner.coefficients() == [-1.25])
    #expect(model.learner.intercept == -1.75)
    #expect(model.margin(of: 0, in: batch) == -4.25)
    #expect(model.margin(of: 1, in: batch) == -3)
    // Losses 0.5 and 1.125, the second one of importance 3; a half-life of one sample halves the first one's say.
    #expect(model.progressiveLoss.overall == (0.5 + 3 * 1.125) / 4)
    #expect(model.progressiveLoss.recent == (0.25 + 3 * 1.125) / 3.5)
  }

  @Test func noSampleNoLoss() {
    let model = Model(configuration)
    #expect(model.progressiveLoss.overall == nil)
    #expect(model.progressiveLoss.recent == nil)
    #expect(model.steps == 0)
    #expect(model.learner.coefficients().isEmpty)
  }

  @Test func importanceCountsLikeRepetitionOfTheGradient() {
    var once = LinearLearner(configuration)
    var doubled = LinearLearner(configuration)
    once.grow(to: 1)
    doubled.grow(to: 1)
    once.learn([0], [1], 1, importance: 2)
    doubled.learn([0, 0], [1, 1], 1)
    #expect(once.coefficients() == [1])
    // A feature named twice counts with the sum of its values, so its gradient is twice as large.
    #expect(doubled.coefficients() == [1])
  }

  @Test func recentLossHalvesWithTheHalfLife() {
    var progressive = ProgressiveLoss()
    let retention = ProgressiveLoss.retention(halfLife: 10)
    progressive.record(1, importance: 1, retention: retention)
    for _ in 0..<10 { progressive.record(0, importance: 1, retention: retention) }
    let total = (0...10).reduce(0) { $0 + exp2(-Double($1) / 10) }
    #expect(abs((progressive.recent ?? 0) - 0.5 / total) < 1e-15)
    #expect(abs((progressive.overall ?? 0) - 1.0 / 11) < 1e-15)
  }

  /// The words that checkpoints keep: changing one makes every older file unreadable.
  @Test func storedFormats() throws {
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    let configuration = LearnerConfiguration(
      loss: .logistic, intercept: false, learningRate: LearningRate(initial: 0.5, power: 0.25, offset: 8),
      penalty: Penalty(l1: 0.5, l2: 0.25, threshold: 2, period: 3), recentHalfLife: 10)
    let text = """
      {"intercept":false,\
      "learning_rate":{"initial":0.5,"power":0.25,"schedule":"inverse_scaling","t0":8},\
      "loss":"logistic","penalty":{"l1":0.5,"l2":0.25,"period":3,"threshold":2},"recent_half_life":10}
      """
    #expect(try json(configuration) == text)
    #expect(try JSONDecoder().decode(LearnerConfiguration.self, from: Data(text.utf8)) == configuration)
    #expect(
      try json(LinearLearner.State()) == """
        {"clamped_updates":0,\
        "clock":{"compensation":0,"elapsed":0,"epoch":0,"past":[],"pull":0,"scale":1,"steps_since_pull":0},\
        "intercept":0,"steps":0}
        """)
    #expect(
      try json(ProgressiveLoss()) == #"{"recent_sum":0,"recent_weight":0,"sum":0,"weight":0}"#)
    #expect(Loss.allCases.map(\.rawValue) == ["squared", "logistic"])
    #expect(LearningRate.Schedule.allCases.map(\.rawValue) == ["constant", "inverse_scaling", "optimal"])
  }
}
