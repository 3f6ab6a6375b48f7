internal import OnlineLearning
internal import SampleFormats
internal import WhittleProtocol
internal import ZeroMQ

/// Samples whose senders want to know what became of them.
extension Engine {
  /// Learns the samples of the message just received, all or none, and answers it.
  func learnAndAnswer(over socket: Socket) throws(ZeroMQError) {
    counters.messages += 1
    let envelope = IngestEnvelope(of: message)
    let answer: [UInt8]
    do throws(SampleError) {
      answer = encodedReply(try learn(envelope))
    } catch {
      let rejection = reject(error, payload: envelope.payload.lowerBound)
      answer = encodedFailure(IngestFailure(rejection.reason, error.message, at: rejection.position))
    }
    try send(answer, to: envelope.answer, over: socket)
  }

  private func learn(_ envelope: IngestEnvelope) throws(SampleError) -> Acknowledgement {
    guard envelope.excess == 0 else {
      throw SampleError(
        .frames,
        "the frames before the empty one have \(envelope.excess) bytes more than the "
          + "\(IngestEnvelope.largestCorrelation) that are sent back")
    }
    guard envelope.payload.count == 1 else {
      throw SampleError(
        .frames,
        "the message has \(envelope.payload.count) frames of payload; it should have one, and what the answer is to be "
          + "told apart by goes before an empty frame")
    }
    let predicts = settings.ingest.routerPredicts
    try message.withFrame(envelope.payload.lowerBound) { (payload) throws(SampleError) in
      try decoder.decode(
        payload, format: settings.ingest.format, for: predicts ? .answer : .learn, into: &batch,
        dictionary: &model.dictionary)
    }
    return predicts ? predictAndLearn() : learn()
  }

  private func learn() -> Acknowledgement {
    model.learn(batch)
    return acknowledgement(learned: batch.count, unlearned: batch.unlearned, predictions: nil)
  }

  private func predictAndLearn() -> Acknowledgement {
    let learned = model.learn(batch, margins: &margins)
    let loss = settings.learner.loss
    return acknowledgement(
      learned: learned, unlearned: batch.count - learned, predictions: margins.map { loss.prediction($0) })
  }

  private func acknowledgement(learned: Int, unlearned: Int, predictions: [Double]?) -> Acknowledgement {
    lastTarget = batch.targets.last { !$0.isNaN } ?? lastTarget
    counters.samples += UInt64(learned)
    counters.unlearned += UInt64(unlearned)
    return Acknowledgement(
      samples: learned, unlearned: unlearned == 0 ? nil : unlearned, step: model.steps, predictions: predictions)
  }
}
