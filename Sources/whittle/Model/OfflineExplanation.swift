internal import FoundationEssentials
internal import ModelStore
internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning
internal import WhittleProtocol

extension NamedCheckpoint {
  /// What a checkpoint's prediction of a sample is the sum of, as the daemon answers for its own model.
  ///
  /// - Parameters:
  ///   - x: an object by name or an array by position.
  ///   - interactions: of namespaces, under which the model learned.
  /// - Throws: `badData`, which says what is wrong with the sample.
  func explanation(x: JSONValue, interactions: [Interaction]) throws -> Explanation {
    var model = checkpoint.model
    var settings = LearningSettings(learner: model.configuration)
    settings.features.interactions = interactions
    guard var questions = SampleQuestions(settings) else { throw ToolError.failed(reason: "memory is short") }
    let question = Array(try JSONEncoder().encode(QueryRequest.explain(x: x)))
    let explained: SampleQuestions.Explanation
    do throws(SampleError) {
      explained = try questions.explain(question.span, &model)
    } catch {
      throw ToolError.badData(file: "the sample", line: nil, reason: error.message)
    }
    let contributions = explained.contributions
    return Explanation(
      step: model.steps, prediction: model.configuration.loss.prediction(explained.margin), margin: explained.margin,
      intercept: explained.intercept, names: contributions.map(\.name), values: contributions.map(\.value),
      coefficients: contributions.map(\.coefficient), contributions: contributions.map(\.amount),
      unknownFeatures: explained.unknown, collisions: explained.collisions.isEmpty ? nil : explained.collisions)
  }
}

extension StateDirectory {
  /// The interactions under which its daemon learned last: the journal says so. None where there is no journal.
  func interactions() throws -> [Interaction] {
    do throws(StoreError) {
      guard let text = try Journal.newestSettings(in: Journal.directory(in: path)) else { return [] }
      return try settings(text).features.interactions
    } catch {
      throw ToolError(error)
    }
  }

  private func settings(_ text: String) throws(StoreError) -> LearningSettings {
    do {
      return try LearningSettings(text: text)
    } catch {
      throw .damaged(path: Journal.directory(in: path), problem: "the settings in its newest segment cannot be read")
    }
  }
}
