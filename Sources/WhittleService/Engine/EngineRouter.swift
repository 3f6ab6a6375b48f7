internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// Samples whose senders want to know what became of them.
extension Engine {
  /// Learns the samples of the message just received, all or none, and answers it.
  func learnAndAnswer(over socket: Socket) throws(ZeroMQError) {
    counters.messages += 1
    let envelope = RouterEnvelope(of: message)
    let answer: [UInt8]
    do throws(SampleError) {
      answer = encodedAcknowledgement(try learn(envelope))
    } catch {
      let error = outOfTurn(error)
      let rejection = reject(error, payload: envelope.payload.lowerBound)
      answer = encodedFailure(
        IngestFailure(rejection.reason, error.message, at: rejection.position, last: error.label.map(lastNumber)))
    }
    try self.answer(answer, to: envelope.answer(to: message), over: socket)
  }

  private func learn(_ envelope: RouterEnvelope) throws(SampleError) -> Acknowledgement {
    if let mistake = envelope.mistake { throw SampleError(.frames, mistake) }
    // There are no topics here: what stands before a payload, or before buffers, is JSON.
    let first = envelope.payload.lowerBound
    let isWhole = envelope.payload.upperBound <= message.capacity
    guard envelope.payload.count == 1 || isWhole && message.withFrame(first, { SampleDecoder.beginsObject($0) }) else {
      throw SampleError(
        .frames,
        "the message has \(envelope.payload.count) frames of payload; it should have one, after an envelope if you like, or "
          + "arrays, and what the answer is to be told apart by goes before an empty frame")
    }
    let outcome = try learnMessage(from: first, predicts: settings.ingest.routerPredicts)
    return Acknowledgement(
      samples: outcome.learned, unlearned: outcome.unlearned == 0 ? nil : outcome.unlearned,
      duplicates: outcome.duplicates.isEmpty ? nil : outcome.duplicates.count, step: model.steps,
      predictions: outcome.predictions, last: stream.label.map(lastNumber))
  }
}
