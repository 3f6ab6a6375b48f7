import Foundation
import Glibc
import OnlineLearning
import TestSupport
import Testing

@Suite struct ModelTests {
  private let configuration = LearnerConfiguration(
    learningRate: LearningRate(schedule: .constant, initial: 0.5), penalty: Penalty(), memory: .init(halfLife: 1))

  @Test func rowsAreLearnedInOrder() {
    var model = Model(configuration)
    var batch = SampleBatch()
    let sleep = model.space.intern("sleep")
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
    let loss = configuration.lossFunction
    #expect(model.validation.overall(loss)?.loss == (0.5 + 3 * 1.125) / 4)
    #expect(model.validation.recent(loss)?.loss == (0.25 + 3 * 1.125) / 3.5)
    #expect(model.validation.window(loss) == model.validation.overall(loss))
  }

  /// The model of `rowsAreLearnedInOrder`, with rows in between that are only predicted.
  @Test func rowsWithoutATargetArePredictedInTheirPlaces() {
    var model = Model(configuration)
    let sleep = model.space.intern("sleep")
    let rows: [(value: Float, target: Double, importance: Double)] = [
      (1, .nan, 1), (2, 1, 1), (2, .nan, 1), (-1, .nan, 1), (1, 0, 3), (2, .nan, 1),
    ]
    var batch = SampleBatch()
    for row in rows {
      batch.append(feature: sleep, value: row.value)
      batch.endRow(target: row.target, importance: row.importance)
    }
    var margins = [7.0]
    #expect(model.learn(batch, margins: &margins) == 2)
    // w = 0, then 1 with b = 0.5, then −1.25 with b = −1.75.
    #expect(margins == [0, 0, 2.5, -0.5, 1.5, -4.25])
    #expect(model.steps == 2)
    #expect(model.learner.coefficients() == [-1.25])
    #expect(model.learner.intercept == -1.75)
    #expect(model.validation.overall(configuration.lossFunction)?.loss == (0.5 + 3 * 1.125) / 4)
  }

  @Test func noSampleNoLoss() {
    let model = Model(configuration)
    let loss = configuration.lossFunction
    #expect(model.validation.overall(loss) == nil)
    #expect(model.validation.recent(loss) == nil)
    #expect(model.validation.window(loss) == nil)
    #expect(model.steps == 0)
    #expect(model.learner.coefficients().isEmpty)
  }

  @Test func importanceMultipliesTheGradient() {
    var learner = LinearLearner(configuration)
    learner.grow(to: 1)
    learner.learn([0], [1], 1, importance: 2)
    #expect(learner.coefficients() == [1])
    #expect(learner.intercept == 1)
  }

  /// The words that checkpoints keep: changing one makes every older file unreadable.
  @Test func storedFormats() throws {
    func json(_ value: some Encodable) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    let configuration = LearnerConfiguration(
      loss: .logistic, lossParameters: LossParameters(quantile: 0.75, delta: 2, epsilon: 0.5), intercept: false,
      learningRate: LearningRate(
        schedule: .inverseScaling, initial: 0.5, power: 0.25, offset: 8, update: .invariant, beta: 3),
      averagingStart: 9,
      penalty: Penalty(
        l1: 0.5, l2: 0.25, threshold: 2, penalize: .scaled, factors: [try #require(PenaltyFactor("sleep*", 0.5))]),
      memory: .init(halfLife: 10, window: 80))
    let text = """
      {"averaging_start":9,"intercept":false,\
      "learning_rate":{"beta":3,"initial":0.5,"power":0.25,"schedule":"inverse_scaling","t0":8,"update":"invariant"},\
      "loss":"logistic","loss_parameters":{"delta":2,"epsilon":0.5,"quantile":0.75},\
      "memory":{"half_life":10,"window":80},"optimizer":"sgd",\
      "penalty":{"factors":[{"factor":0.5,"pattern":"sleep*"}],"l1":0.5,"l2":0.25,"penalize":"scaled","period":1,\
      "threshold":2}}
      """
    #expect(try json(configuration) == text)
    #expect(try JSONDecoder().decode(LearnerConfiguration.self, from: Data(text.utf8)) == configuration)
    var state = LinearLearner.State()
    (state.averagingSince, state.measuringSince) = (0.5, 0)
    #expect(
      try json(state) == """
        {"averaging_since":0.5,"clamped_updates":0,"clock":{"compensation":0,"elapsed":0,"epoch":0,"past":[],"pull":0,\
        "scale":1,"steps_since_pull":0},"importance":0,"intercept":0,"intercept_gradient":0,"intercept_sum":0,\
        "measuring_since":0,"squared_norm":0,"steps":0,"time":{"compensation":0,"sum":0}}
        """)
    #expect(
      WeightColumn.allCases.map(\.rawValue) == [
        "values", "epochs", "marks", "scales", "sums", "gradients", "root_mean_squares", "measured",
      ])
    #expect(
      Loss.allCases.map(\.rawValue) == [
        "squared", "huber", "quantile", "epsilon_insensitive", "poisson", "logistic", "hinge", "squared_hinge",
      ])
    #expect(LearningRate.Schedule.allCases.map(\.rawValue) == ["constant", "inverse_scaling", "optimal"])
    #expect(LearningRate.Update.allCases.map(\.rawValue) == ["gradient", "invariant"])
    #expect(Optimizer.allCases.map(\.rawValue) == ["sgd", "adagrad", "normalized", "ftrl"])
    #expect(Penalty.Penalize.allCases.map(\.rawValue) == ["raw", "scaled"])
  }
}
