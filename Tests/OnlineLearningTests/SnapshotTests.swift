import Foundation
import OnlineLearning
import TestSupport
import Testing

/// A copy is a snapshot, and what a checkpoint holds is enough to go on bit for bit.
@Suite struct SnapshotTests {
  private static let cases = LearnerCase.some + LearnerCase.someOptimizers

  private func expectSame(_ one: Model, _ other: Model, _ comment: Comment) {
    // Outside of the macro, which would print whole models.
    let agree = ModelBits(one) == ModelBits(other)
    #expect(agree, comment)
  }

  @Test(arguments: cases)
  func learningLeavesACopyAlone(_ learnerCase: LearnerCase) {
    var learning = ModelUnderTest(learnerCase.configuration)
    var replay = ModelUnderTest(learnerCase.configuration)
    var stream = learnerCase.stream
    for _ in 0..<203 {
      let sample = stream.next()
      learning.learn(sample)
      replay.learn(sample)
    }
    let copy = learning.model
    for _ in 0..<300 { learning.learn(stream.next()) }
    #expect(learning.model.steps == 503)
    // The replay shares no storage with the copy.
    expectSame(copy, replay.model, "\(learnerCase.testDescription)")
    let hasLearned = ModelBits(copy) != ModelBits(learning.model)
    #expect(hasLearned)
  }

  /// What a checkpoint would keep, and nothing else.
  private func restored(_ model: Model) throws -> Model {
    let learner = model.learner
    let state = try JSONDecoder().decode(
      LinearLearner.State.self, from: JSONEncoder().encode(learner.state))
    let configuration = try JSONDecoder().decode(
      LearnerConfiguration.self, from: JSONEncoder().encode(learner.configuration))
    let validation = try JSONDecoder().decode(
      ProgressiveValidation.self, from: JSONEncoder().encode(model.validation))
    return Model(
      try #require(FeatureSpace(model.space.state, names: model.space.names, keepingNames: 0)),
      learner: try #require(LinearLearner(configuration, state: state, columns: learner.columns)),
      validation: validation)
  }

  @Test(arguments: cases)
  func restoredModelGoesOnBitForBit(_ learnerCase: LearnerCase) throws {
    var uninterrupted = ModelUnderTest(learnerCase.configuration)
    var stream = learnerCase.stream
    // 203 and 227 are in the middle of every period K > 1 here.
    for _ in 0..<203 { uninterrupted.learn(stream.next()) }
    var interrupted = uninterrupted
    for _ in 0..<5 {
      interrupted.model = try restored(interrupted.model)
      #expect(interrupted.model.learner.state.isPlausible)
      for _ in 0..<24 {
        let sample = stream.next()
        uninterrupted.learn(sample)
        interrupted.learn(sample)
      }
    }
    expectSame(uninterrupted.model, interrupted.model, "\(learnerCase.testDescription)")
  }

  /// Columns that are not all there, or not of one length, or hold what no learner comes to, are refused.
  @Test(arguments: LearnerCase.Kind.allCases, Penalty.Penalize.allCases)
  func columnsThatDoNotFitAreRefused(_ kind: LearnerCase.Kind, _ penalize: Penalty.Penalize) throws {
    let learnerCase = try #require(
      LearnerCase.optimizers.first {
        let configuration = $0.configuration
        return configuration.optimizer == kind.optimizer && configuration.penalty.penalize == penalize
          && (kind == .averaged) == (configuration.averagingStart != nil)
      })
    let configuration = learnerCase.configuration
    var model = ModelUnderTest(configuration)
    var stream = learnerCase.stream
    for _ in 0..<20 { model.learn(stream.next()) }
    let learner = model.model.learner
    let names = LinearLearner.columns(of: configuration)
    let whole = learner.columns
    #expect(LinearLearner(configuration, state: learner.state, columns: whole) != nil)
    for name in names {
      var columns = whole
      columns[name] = nil
      #expect(LinearLearner(configuration, state: learner.state, columns: columns) == nil, "without \(name)")
      let spoilt: [WeightColumn.Values]
      switch whole[name] {
      case .float32(let values):
        spoilt = [.float32(values.dropLast()), .float32(values.dropLast() + [.nan]), .float64(values.map(Double.init))]
      case .float64(let values):
        spoilt = [
          .float64(values.dropLast()), .float64(values.dropLast() + [.infinity]), .float32(values.map { Float($0) }),
        ]
      case .uint32(let values):
        spoilt = [.uint32(values.dropLast()), .float32(values.map { Float($0) })]
      case nil: spoilt = []
      }
      #expect(!spoilt.isEmpty)
      for values in spoilt {
        columns[name] = values
        #expect(LinearLearner(configuration, state: learner.state, columns: columns) == nil, "\(name) spoilt")
      }
    }
  }
}
