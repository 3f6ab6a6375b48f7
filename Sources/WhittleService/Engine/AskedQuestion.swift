internal import WhittleProtocol
internal import ZeroMQ

/// A question as it came, copied out of its message, so that it can be read and answered anywhere.
struct AskedQuestion: Sendable {
  let envelope: Envelope
  /// The JSON.
  let text: [UInt8]
  /// The frames after it.
  let buffers: [[UInt8]]
  /// The public key of who asks; nil where nobody was asked for one.
  let key: String?
  /// How many frames there are, also of those that the message did not keep.
  private let frames: Int
  /// What is wrong with the envelope; nil where nothing is.
  private let mistake: String?
  /// Room that it takes up for as long as it is somewhere; nil for a small one.
  let ticket: QuestionRoom.Ticket?

  init(_ message: Message, _ envelope: RouterEnvelope, ticket: QuestionRoom.Ticket?) {
    self.envelope = envelope.answer(to: message)
    mistake = envelope.mistake
    frames = envelope.payload.count
    let kept = envelope.payload.clamped(to: 0..<message.capacity)
    text = message.copy(envelope.payload.lowerBound)
    buffers = kept.dropFirst().map { message.copy($0) }
    key = message.sender
    self.ticket = ticket
  }

  /// What is asked.
  ///
  /// - Throws: what is wrong with it.
  /// - Complexity: O(bytes of the text)
  func request() throws(QueryFailure) -> QueryRequest {
    if let mistake { throw QueryFailure(.badRequest, mistake) }
    let request = try QueryRequest(reading: text)
    if case .predict(let question) = request, case .arrays = question.samples {
      guard frames == buffers.count + 1 else {
        throw QueryFailure(.badRequest, "the request has \(frames) frames; at most \(buffers.count + 1) can be read")
      }
    } else if frames != 1 {
      throw QueryFailure(.badRequest, "a request is one frame of JSON; this one has \(frames)")
    }
    return request
  }
}
