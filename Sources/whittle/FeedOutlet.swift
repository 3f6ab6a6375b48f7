internal import WhittleClient
internal import WhittleProtocol

/// Where a feed's messages go.
protocol FeedOutlet {
  /// Sends one message, waiting where there is no room.
  mutating func send(_ payload: [UInt8], from place: InputPlace) throws(ClientError)

  /// Waits until the daemon has all messages, or has answered them.
  mutating func finish() throws

  /// Tells, after `finish`, of what the daemon did not accept.
  ///
  /// - Throws: `ToolError.notAccepted`.
  func checkAnswers() throws(ToolError)
}

/// The daemon's pull or sub socket.
struct QueueOutlet: FeedOutlet {
  let sender: SampleSender
  let say: (String) -> Void

  func send(_ payload: [UInt8], from place: InputPlace) throws(ClientError) { try sender.send(payload) }

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
  /// So many rejected messages are told of; the others are only counted.
  static let largestReport = 20

  private let sender: AcknowledgedSender
  private let book: AnswerBook

  /// - Parameter report: takes a line for people about a rejected message.
  /// - Throws: as the sender does.
  init(
    endpoint: String, attachment: SampleSender.Attachment, milliseconds: Int, report: @escaping (String) -> Void
  ) throws(ClientError) {
    let book = AnswerBook(report)
    self.book = book
    sender = try AcknowledgedSender(
      endpoint: endpoint, attachment: attachment, milliseconds: milliseconds, answered: book.take)
  }

  func send(_ payload: [UInt8], from place: InputPlace) throws(ClientError) {
    try sender.send(payload)
    book.sent(from: place)
  }

  func finish() throws { try sender.finish() }

  func checkAnswers() throws(ToolError) {
    if book.rejected > 0 {
      throw .notAccepted(endpoint: sender.endpoint, rejected: book.rejected, sent: book.sentMessages)
    }
  }
}

/// Which message came from where, until it is answered.
private final class AnswerBook {
  private(set) var sentMessages = 0
  private(set) var rejected = 0
  private var places: [Int: InputPlace] = [:]
  private let report: (String) -> Void

  init(_ report: @escaping (String) -> Void) {
    self.report = report
  }

  func sent(from place: InputPlace) {
    places[sentMessages] = place
    sentMessages += 1
  }

  func take(_ answer: AcknowledgedSender.Answer) {
    let place = places.removeValue(forKey: answer.message)
    guard case .failure(let failure) = answer.reply else { return }
    rejected += 1
    if rejected <= AnsweredOutlet.largestReport {
      report("\(place.map { "\($0): " } ?? "")rejected: \(Format.name("\(failure)"))")
    } else if rejected == AnsweredOutlet.largestReport + 1 {
      report("further rejected messages are only counted")
    }
  }
}
