internal import WhittleClient
internal import WhittleProtocol

/// Where a feed's messages go.
protocol FeedOutlet {
  /// Sends one message, waiting where there is no room.
  ///
  /// - Returns: false when the daemon is known to have had it before.
  mutating func send(_ payload: [UInt8], from place: InputPlace) throws(ClientError) -> Bool

  /// Waits until the daemon has all messages, or has answered them.
  mutating func finish() throws

  /// Tells, after `finish`, of what the daemon did not accept.
  ///
  /// - Throws: `ToolError.notAccepted`.
  func checkAnswers() throws(ToolError)

  /// Makes ready for all messages to come once more, where that mends the error.
  func goBack(after error: ClientError) -> Bool

  /// What a summary adds about the messages; nil for nothing.
  var note: String? { get }

  /// What to do when a feed ends early.
  var advice: String { get }
}

extension FeedOutlet {
  func goBack(after error: ClientError) -> Bool { false }
  var note: String? { nil }
  var advice: String { "the last of them may not have been taken" }
}

/// The daemon's pull or sub socket.
struct QueueOutlet: FeedOutlet {
  let sender: SampleSender
  let say: (String) -> Void

  func send(_ payload: [UInt8], from place: InputPlace) throws(ClientError) -> Bool {
    try sender.send(payload)
    return true
  }

  /// Waits for as long as it takes: whatever is queued would be lost.
  func finish() throws {
    if try !sender.finish(milliseconds: sender.milliseconds) {
      say("waiting for the last messages to be taken at \(sender.endpoint); interrupt to give them up")
      while try !sender.finish(milliseconds: 3_600_000) {}
    }
  }

  func checkAnswers() {}
}

/// The daemon's router socket: rejected messages are told of with their places in the files.
struct AnsweredOutlet: FeedOutlet {
  private var sentMessages: UInt64 = 0
  private let sender: AcknowledgedSender
  private let book: AnswerBook

  /// - Parameter report: takes a line for people about a rejected message.
  /// - Throws: as the sender does.
  init(
    endpoint: String, attachment: SampleSender.Attachment, milliseconds: Int, keys: ClientKeys?,
    report: @escaping (String) -> Void
  ) throws(ClientError) {
    let book = AnswerBook(report)
    self.book = book
    sender = try AcknowledgedSender(
      endpoint: endpoint, attachment: attachment, milliseconds: milliseconds, keys: keys
    ) { answer in
      let failure: IngestFailure? = if case .failure(let failure) = answer.reply { failure } else { nil }
      book.take(failure, to: UInt64(answer.message))
    }
  }

  mutating func send(_ payload: [UInt8], from place: InputPlace) throws(ClientError) -> Bool {
    try sender.send(payload)
    book.sent(sentMessages, from: place)
    sentMessages += 1
    return true
  }

  func finish() throws { try sender.finish() }

  func checkAnswers() throws(ToolError) {
    if book.rejected > 0 {
      throw .notAccepted(endpoint: sender.endpoint, rejected: book.rejected, sent: Int(sentMessages))
    }
  }
}
