internal import WhittleClient
internal import WhittleProtocol

/// The daemon's router socket, for a feed whose messages are numbered: each is learned exactly once.
final class NumberedOutlet: FeedOutlet {
  private let identity: FeedIdentity
  private let sender: NumberedSender
  private let book: AnswerBook
  private let say: (String) -> Void
  private var handedOver = 0
  private var hasBegun = false

  /// - Parameters:
  ///   - report: takes a line for people about a rejected message.
  ///   - say: takes notices for people.
  /// - Throws: as the sender does.
  init(
    endpoint: String, _ identity: FeedIdentity, milliseconds: Int, keys: ClientKeys?,
    report: @escaping (String) -> Void, say: @escaping (String) -> Void
  ) throws(ClientError) {
    let book = AnswerBook(report)
    self.book = book
    self.identity = identity
    self.say = say
    sender = try NumberedSender(
      endpoint: endpoint, source: identity.source, milliseconds: milliseconds, keys: keys
    ) { rejection in
      book.take(rejection.failure, to: rejection.message)
    }
  }

  func send(_ payload: [UInt8], from place: InputPlace) throws(ClientError) -> Bool {
    book.sent(sender.nextNumber, from: place)
    let delivery = try sender.send(payload)
    book.forget(before: sender.oldestNumber)
    if !hasBegun, let start = sender.resumedAfter {
      hasBegun = true
      if start > 0 { say("resuming after message \(Format.count(start)) of source \(shownSource)") }
    }
    if delivery == .begun { handedOver += 1 }
    return delivery == .begun
  }

  func finish() throws(ClientError) { try sender.finish() }

  func goBack(after error: ClientError) -> Bool {
    guard identity.canGoBack, case .forgotten(_, let last, let acknowledged) = error else { return false }
    say(
      "the daemon has come back with messages up to \(Format.count(last)) only, and had acknowledged \(Format.count(acknowledged)); "
        + "going back to the one after it")
    sender.restart(after: last)
    return true
  }

  func checkAnswers() throws(ToolError) {
    if book.rejected > 0 {
      throw .notAccepted(endpoint: sender.endpoint, rejected: book.rejected, sent: handedOver)
    }
  }

  var note: String? {
    var parts: [String] = []
    if let start = sender.resumedAfter, start > 0 { parts.append("\(Format.count(start)) were there before") }
    if book.rejected > 0 { parts.append("\(Format.count(book.rejected)) rejected") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  var advice: String {
    "the daemon has acknowledged them up to message \(Format.count(sender.acknowledged)) of source \(shownSource); "
      + identity.advice
  }

  private var shownSource: String { Format.name(identity.source) }
}
