internal import FoundationEssentials
internal import Logging
internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// Questions and answers. What takes a look at every feature is answered by the publisher's thread from a snapshot.
extension Engine {
  /// How many questions are answered before the sample sockets get their turn.
  private static let queriesATurn = 64

  /// - Returns: whether anyone asked.
  @discardableResult
  func answerQueries() throws(ZeroMQError) -> Bool {
    for count in 0..<Engine.queriesATurn {
      guard try question.receive(from: query, waiting: .never) else { return count > 0 }
      try answerQuestion()
    }
    return true
  }

  /// Answers the question just received.
  private func answerQuestion() throws(ZeroMQError) {
    let envelope = RouterEnvelope(of: question)
    let text = question.copy(envelope.payload.lowerBound)
    let request: QueryRequest
    do throws(QueryFailure) {
      request = try read(text, envelope)
    } catch {
      return try send(encodedFailure(error), to: envelope.answer)
    }
    try answer(request, text, envelope.answer)
  }

  private func read(_ text: [UInt8], _ envelope: RouterEnvelope) throws(QueryFailure) -> QueryRequest {
    if let mistake = envelope.mistake { throw QueryFailure(.badRequest, mistake) }
    let request = try QueryRequest(reading: text)
    guard envelope.payload.count == 1 else {
      throw QueryFailure(.badRequest, "a request is one frame of JSON; this one has \(envelope.payload.count)")
    }
    return request
  }

  private func answer(
    _ request: QueryRequest, _ text: [UInt8], _ envelope: Envelope
  ) throws(ZeroMQError) {
    switch request {
    case .predict(let question): try send(predict(question, text), to: envelope)
    case .explain:
      try send(encodedFailure(QueryFailure(.unknownOperation, "\"explain\" is not answered here")), to: envelope)
    case .coefficients(let question):
      takeSnapshot(for: .coefficients(question, envelope), now: monotonicSeconds())
    case .stats: takeSnapshot(for: .stats(envelope), now: monotonicSeconds())
    case .checkpoint: checkpointAsked(by: envelope)
    case .configuration: try send(encodedReply(configuration), to: envelope)
    case .set(let question): try set(question.values, for: envelope)
    case .reset: try reset(for: envelope)
    }
  }

  /// The question is a sample in JSON itself, so it goes through the decoder that samples go through.
  private func predict(_ question: PredictQuestion, _ text: [UInt8]) -> [UInt8] {
    guard case .one = question.samples else {
      return encodedFailure(QueryFailure(.badRequest, "one sample at a time is predicted here; give it as \"x\""))
    }
    do throws(SampleError) {
      let (margin, unknownFeatures) = try stream.margin(of: text.span)
      return encodedReply(
        Prediction(
          step: model.steps, prediction: settings.learner.loss.prediction(margin), margin: margin,
          unknownFeatures: unknownFeatures))
    } catch {
      return encodedFailure(QueryFailure(.badRequest, error.message))
    }
  }

  /// Sends an answer to a question.
  func send(_ answer: [UInt8], to envelope: Envelope) throws(ZeroMQError) {
    try send(answer, to: envelope, over: query)
  }

  /// Sends an answer. To a client that is gone, or reads none of its answers, it is lost, as ROUTER sockets do.
  func send(_ answer: [UInt8], to envelope: Envelope, over socket: Socket) throws(ZeroMQError) {
    do throws(ZeroMQError) {
      try socket.send(envelope.frames + [answer], waiting: .never)
    } catch {
      if !error.wouldBlock { throw error }
      logger.debug("an answer found its client's queue full and was dropped")
    }
  }
}
