internal import FoundationEssentials
internal import WhittleProtocol

/// The bytes of a successful answer.
func encodedReply<Body: Codable & Sendable>(_ body: Body) -> [UInt8] {
  do {
    return Array(try JSONEncoder().encode(QueryReply.success(body)))
  } catch {
    return encodedFailure(QueryFailure(.internal, "the answer could not be put into words: \(error)"))
  }
}

/// The bytes of the answer to a message of samples that was accepted.
func encodedAcknowledgement(_ acknowledgement: Acknowledgement) -> [UInt8] {
  acknowledgement.replyText
    ?? encodedFailure(
      QueryFailure(.internal, "the answer could not be put into words: a prediction is not a finite number"))
}

/// The bytes of a refusal.
func encodedFailure(_ failure: some ReplyFailure) -> [UInt8] {
  // Two texts always encode; the fixed text is for a change that would break that.
  let bytes = try? JSONEncoder().encode(refusal(failure))
  return bytes.map { Array($0) }
    ?? Array(#"{"ok":false,"error":{"code":"internal","message":"the refusal could not be put into words"}}"#.utf8)
}

private func refusal<Failure: ReplyFailure>(_ failure: Failure) -> Reply<Never?, Failure> { .failure(failure) }
