internal import FoundationEssentials
internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning
internal import WhittleProtocol

/// A question about samples, answered by a model that it does not change: the engine's own, or a snapshot.
struct SampleInquiry: Sendable {
  private enum Kind {
    case one
    case several(binary: Bool)
    case explanation
  }

  private let kind: Kind
  private let samples: SampleQuestions.Samples
  /// Kept for as long as the samples are.
  private let ticket: QuestionRoom.Ticket?

  /// - Returns: nil where the question is not about samples.
  init?(_ request: QueryRequest, _ asked: AskedQuestion) {
    ticket = asked.ticket
    switch request {
    case .explain: (kind, samples) = (.explanation, .json(asked.text))
    case .predict(let question):
      switch question.samples {
      case .one: (kind, samples) = (.one, .json(asked.text))
      case .several: (kind, samples) = (.several(binary: question.binary), .json(asked.text))
      case .arrays(let header):
        // It has been read, so that it can be written.
        let text = (try? JSONEncoder().encode(header)).map { Array($0) } ?? []
        (kind, samples) = (.several(binary: question.binary), .arrays(header: text, buffers: asked.buffers))
      }
    default: return nil
    }
  }

  /// - Complexity: O(bytes of the samples)
  func answer(_ questions: inout SampleQuestions, _ model: inout Model) -> Answer {
    do throws(SampleError) {
      switch kind {
      case .explanation: return [encodedReply(try explanation(&questions, &model))]
      case .one:
        let margins = try questions.margins(of: samples, &model)
        guard let margin = margins.margins.first else { return [SampleInquiry.noSample] }
        return [encodedPrediction(Prediction(model, margin, unknownFeatures: margins.unknownFeatures[0]))]
      case .several(let binary):
        let margins = try questions.margins(of: samples, &model)
        let loss = model.configuration.loss
        let predictions = Predictions(
          step: model.steps, predictions: margins.margins.map { loss.prediction($0) }, margins: margins.margins,
          unknownFeatures: margins.unknownFeatures)
        guard binary else { return [encodedReply(predictions)] }
        let (head, buffers) = predictions.binary
        return [encodedReply(head)] + buffers
      }
    } catch {
      return [encodedFailure(QueryFailure(.badRequest, error.message))]
    }
  }

  private func explanation(
    _ questions: inout SampleQuestions, _ model: inout Model
  ) throws(SampleError) -> Explanation {
    guard case .json(let text) = samples else { throw SampleError(.shape, "arrays cannot be explained") }
    let explained = try questions.explain(text.span, &model)
    let contributions = explained.contributions
    return Explanation(
      step: model.steps, prediction: model.configuration.loss.prediction(explained.margin), margin: explained.margin,
      intercept: explained.intercept, names: contributions.map(\.name), values: contributions.map(\.value),
      coefficients: contributions.map(\.coefficient), contributions: contributions.map(\.amount),
      unknownFeatures: explained.unknown, collisions: explained.collisions.isEmpty ? nil : explained.collisions)
  }

  private static var noSample: [UInt8] { encodedFailure(QueryFailure(.badRequest, "the request holds no sample")) }
}

extension Prediction {
  /// What a model predicts by a margin.
  init(_ model: borrowing Model, _ margin: Double, unknownFeatures: Int) {
    self.init(
      step: model.steps, prediction: model.configuration.loss.prediction(margin), margin: margin,
      unknownFeatures: unknownFeatures)
  }
}
