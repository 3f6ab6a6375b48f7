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
      guard let frames = try query.receive(waiting: .never) else { return count > 0 }
      try answer(frames)
    }
    return true
  }

  /// - Parameter frames: as a ROUTER delivers them: identity, an empty delimiter if the peer is a REQ, the question.
  private func answer(_ frames: [[UInt8]]) throws(ZeroMQError) {
    guard let identity = frames.first else { return }
    let isDelimited = frames.count >= 3 && frames[1].isEmpty
    let envelope = Envelope(frames: isDelimited ? [identity, []] : [identity])
    let body = frames.dropFirst(envelope.frames.count)
    guard body.count == 1, let question = body.first else {
      let failure = QueryFailure(.badRequest, "a request is one frame of JSON; this one has \(body.count)")
      return try send(encodedFailure(failure), to: envelope)
    }
    do {
      try answer(JSONDecoder().decode(QueryRequest.self, from: Data(question)), question, envelope)
    } catch let failure as QueryFailure {
      try send(encodedFailure(failure), to: envelope)
    } catch let error as ZeroMQError {
      throw error
    } catch {
      try send(encodedFailure(QueryFailure(.badRequest, "the request is not valid JSON")), to: envelope)
    }
  }

  private func answer(
    _ request: QueryRequest, _ question: [UInt8], _ envelope: Envelope
  ) throws(ZeroMQError) {
    switch request {
    case .predict: try send(predict(question), to: envelope)
    case .coefficients(let names, let top):
      takeSnapshot(for: .coefficients(names: names, top: top, envelope), now: monotonicSeconds())
    case .stats: takeSnapshot(for: .stats(envelope), now: monotonicSeconds())
    case .checkpoint: checkpointAsked(by: envelope)
    case .configuration: try send(encodedReply(configuration), to: envelope)
    }
  }

  /// The question is a sample in JSON itself, so it goes through the decoder that samples go through.
  private func predict(_ question: [UInt8]) -> [UInt8] {
    do throws(SampleError) {
      let (margin, unknownFeatures) = try stream.margin(of: question.span)
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
