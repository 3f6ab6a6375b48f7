internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// The prediction of one sample, asked for in the usual way: what is asked most, often a thousand times a second while the
/// engine learns. It is read and answered with as little effort as can be.
extension Engine {
  /// The answer to a question as it is mostly asked; nil for any other.
  func plainPrediction(_ envelope: RouterEnvelope) -> [UInt8]? {
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
  return Array(
    """
    {"protocol":\(QueryProtocol.version),"ok":true,"step":\(prediction.step),"prediction":\(prediction.prediction),\
    "margin":\(prediction.margin),"unknown_features":\(prediction.unknownFeatures)}
    """.utf8)
}
