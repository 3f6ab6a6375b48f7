import Synchronization
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient

@Suite struct AcknowledgedSenderTests {
  private static let count = 5000

  /// The daemon's side: answers every message, those with an odd number with a rejection.
  private static func answer(_ message: [[UInt8]]) -> [[UInt8]]? {
    let isOdd = (Int(text(message[3])) ?? 0) % 2 == 1
    let reply: IngestReply =
      isOdd
      ? .failure(IngestFailure("shape", "m \(text(message[3]))")) : .success(Acknowledgement(samples: 1, step: 1))
    guard let body = try? WireJSON.encode(reply) else { return nil }
    return [message[0], message[1], message[2], body]
  }

  @Test func everyMessageIsAnswered() throws {
    let daemon = try FakePeer(.router, answer: AcknowledgedSenderTests.answer)
    let answers = Mutex<[(message: Int, rejection: String?)]>([])
    let sender = try AcknowledgedSender(endpoint: daemon.endpoint, window: 50) { answer in
      var rejection: String?
      if case .failure(let failure) = answer.reply { rejection = failure.message }
      answers.withLock { $0.append((answer.message, rejection)) }
    }
    for number in 0..<AcknowledgedSenderTests.count {
      try sender.send(utf8("\(number)"))
      #expect(sender.unansweredCount <= 50)
    }
    try sender.finish()
    #expect(sender.unansweredCount == 0)
    let taken = answers.withLock { $0 }
    #expect(taken.map(\.message) == Array(0..<AcknowledgedSenderTests.count))
    #expect(taken.map(\.rejection) == (0..<AcknowledgedSenderTests.count).map { $0 % 2 == 1 ? "m \($0)" : nil })
    let received = try daemon.messages(AcknowledgedSenderTests.count)
    #expect(received.map { $0[3] } == (0..<AcknowledgedSenderTests.count).map { utf8("\($0)") })
    #expect(received.allSatisfy { $0.count == 4 && $0[2].isEmpty })
  }

  @Test func nobodyTakesIsAnError() throws {
    let gone = try FakePeer(.router).endpoint
    let sender = try AcknowledgedSender(endpoint: gone, milliseconds: 50) { _ in }
    #expect(throws: ClientError.notTaken(endpoint: gone, milliseconds: 50)) { try sender.send([1]) }
    try sender.finish()
    #expect {
      try AcknowledgedSender(endpoint: "nonsense") { _ in }
    } throws: { error in
      if case ClientError.unusableEndpoint = error { true } else { false }
    }
  }

  @Test func noAnswerIsAnError() throws {
    let daemon = try FakePeer(.router)
    let sender = try AcknowledgedSender(endpoint: daemon.endpoint, milliseconds: 100, window: 3) { _ in }
    for _ in 0..<3 { try sender.send([1]) }
    let error = ClientError.unanswered(endpoint: daemon.endpoint, messages: 3, milliseconds: 100)
    #expect(throws: error) { try sender.send([1]) }
    #expect(throws: error) { try sender.finish() }
    #expect(error.description.contains("to 3 messages, which may have been learned or not"))
  }

  @Test(arguments: [
    ["nonsense"], ["7", "", #"{"ok": true, "samples": 1, "step": 1}"#], ["0", "", "{}"], ["0", ""],
    ["0", "x", #"{"ok": true, "samples": 1, "step": 1}"#],
  ])
  func anAnswerThatIsNoneIsAnError(frames: [String]) throws {
    let daemon = try FakePeer(.router) { message in [message[0]] + frames.map(utf8) }
    let sender = try AcknowledgedSender(endpoint: daemon.endpoint, milliseconds: 10_000) { _ in }
    try sender.send([1])
    #expect {
      try sender.finish()
    } throws: { error in
      if case ClientError.malformed(daemon.endpoint, _) = error { true } else { false }
    }
  }
}
