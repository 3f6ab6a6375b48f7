internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// The prediction of one sample, asked for in the usual way: what is asked most, often a thousand times a second while the
/// engine learns. It is read and answered with as little effort as can be.
extension Engine {
  /// Answers the question just received, if it asks as it is mostly done.
  ///
  /// - Returns: whether it was answered.
  func answerPlainly(_ envelope: RouterEnvelope) throws(ZeroMQError) -> Bool {
    guard let answer = plainPrediction(envelope) else { return false }
    try deliver { () throws(ZeroMQError) in
      try question.send(first: envelope.payload.lowerBound, over: query, waiting: .never)
      try query.send(answer, waiting: .never)
    }
    return true
  }

  /// The answer to a question as it is mostly asked; nil for any other.
  private func plainPrediction(_ envelope: RouterEnvelope) -> [UInt8]? {
    guard envelope.payload.count == 1, envelope.mistake == nil, question.byteCount <= Engine.largestQuickQuestion
    else { return nil }
    let margin = question.withFrame(envelope.payload.lowerBound) { text in
      stream.withModel { questions.plainMargin(text, &$0) }
    }
    return margin.map { encodedPrediction(Prediction(model, $0.margin, unknownFeatures: $0.unknownFeatures)) }
  }
}

/// The bytes of the answer that holds a prediction: what `encodedReply` makes of it, with its members in this order.
func encodedPrediction(_ prediction: Prediction) -> [UInt8] {
  // JSON has no words for other numbers.
  guard prediction.prediction.isFinite, prediction.margin.isFinite else { return encodedReply(prediction) }
  // Piece by piece: interpolation goes through a dozen functions, none of which is in a cache that learning has just filled.
  var text = opening
  text.reserveCapacity(192)
  text.append(contentsOf: prediction.step.description.utf8)
  text.append(",\"prediction\":")
  text.append(contentsOf: prediction.prediction.description.utf8)
  text.append(",\"margin\":")
  text.append(contentsOf: prediction.margin.description.utf8)
  text.append(",\"unknown_features\":")
  text.append(contentsOf: prediction.unknownFeatures.description.utf8)
  text.append(UInt8(ascii: "}"))
  return text
}

private let opening = Array("{\"protocol\":\(QueryProtocol.version),\"ok\":true,\"step\":".utf8)

extension [UInt8] {
  fileprivate mutating func append(_ text: StaticString) { text.withUTF8Buffer { append(contentsOf: $0) } }
}
