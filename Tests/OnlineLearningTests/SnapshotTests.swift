import Foundation
import OnlineLearning
import Testing

/// A copy is a snapshot, and what a checkpoint holds is enough to go on bit for bit.
@Suite struct SnapshotTests {
  private func expectSame(_ one: Model, _ other: Model, _ comment: Comment) {
    #expect(one.learner.state == other.learner.state, comment)
    // Whole arrays are compared outside of the macro, which would print them.
    let coordinatesAgree = one.learner.coordinates.elementsEqual(other.learner.coordinates) {
      $0.value.bitPattern == $1.value.bitPattern && $0.epoch == $1.epoch
        && $0.mark.bitPattern == $1.mark.bitPattern
    }
    #expect(coordinatesAgree, "coordinates, \(comment)")
    let validationAgrees = one.validation == other.validation
    #expect(validationAgrees, "validation, \(comment)")
    let namesAgree =
      one.dictionary.nameBytes == other.dictionary.nameBytes
      && one.dictionary.nameEnds == other.dictionary.nameEnds
    #expect(namesAgree, "names, \(comment)")
  }

  @Test(arguments: LearnerCase.some)
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
      dictionary: try #require(
        FeatureDictionary(bytes: model.dictionary.nameBytes, ends: model.dictionary.nameEnds)),
      learner: LinearLearner(configuration, state: state, coordinates: learner.coordinates), validation: validation)
  }

  @Test(arguments: LearnerCase.some)
  func restoredModelGoesOnBitForBit(_ learnerCase: LearnerCase) throws {
    var uninterrupted = ModelUnderTest(learnerCase.configuration)
    var stream = learnerCase.stream
    // 203 and 227 are in the middle of every period K > 1 here.
    for _ in 0..<203 { uninterrupted.learn(stream.next()) }
    var interrupted = uninterrupted
    for _ in 0..<5 {
      interrupted.model = try restored(interrupted.model)
      for _ in 0..<24 {
        let sample = stream.next()
        uninterrupted.learn(sample)
        interrupted.learn(sample)
      }
    }
    expectSame(uninterrupted.model, interrupted.model, "\(learnerCase.testDescription)")
  }
}
