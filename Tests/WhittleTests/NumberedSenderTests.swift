import FoundationEssentials
import Synchronization
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient

/// Numbered messages over real sockets, to a stand-in for the daemon that can be taken away.
@Suite(.timeLimit(.minutes(2))) struct NumberedSenderTests {
  /// What a daemon knows of one source.
  private final class Memory: Sendable {
    struct State {
      var learned: [String] = []
      var last: UInt64 = 0
      var received = 0
      /// Of the messages that come, every so many are taken and not answered.
      var silentEvery = Int.max
    }

    let state: Mutex<State>

    init(_ state: State = State()) { self.state = Mutex(state) }

    /// Bad messages begin with `!`.
    @Sendable func answer(_ message: [[UInt8]]) -> [[UInt8]]? {
      struct Envelope: Codable { var source: String, seq: UInt64, previous: UInt64 }
      guard message.count == 5, message[2].isEmpty,
        let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(message[3])),
        envelope.source == "the \"source\""
      else { return nil }
      let reply: IngestReply? = state.withLock { state in
        state.received += 1
        if envelope.seq > state.last, envelope.previous > state.last {
          return .failure(IngestFailure(IngestFailure.sequence, "m", last: state.last))
        }
        if message[4].first == UInt8(ascii: "!") { return .failure(IngestFailure("shape", "m", last: state.last)) }
        let isDuplicate = envelope.seq <= state.last
        if !isDuplicate {
          state.last = envelope.seq
          state.learned.append(text(message[4]))
        }
        if state.received.isMultiple(of: state.silentEvery) { return nil }
        return .success(
          Acknowledgement(
            samples: isDuplicate ? 0 : 1, duplicates: isDuplicate ? 1 : nil, step: 1, last: state.last))
      }
      guard let reply, let body = try? WireJSON.encode(reply) else { return nil }
      return [message[0], message[1], message[2], body]
    }

    var learned: [String] { state.withLock(\.learned) }
  }

  private static func sender(
    _ endpoint: String, milliseconds: Int = 60_000, window: Int = 50,
    rejected: @escaping (NumberedSender.Rejection) -> Void = { _ in }
  ) throws -> NumberedSender {
    try NumberedSender(
      endpoint: endpoint, source: "the \"source\"", milliseconds: milliseconds, window: window, rejected: rejected)
  }

  @Test func everyMessageIsDelivered() throws {
    let memory = Memory()
    let daemon = try FakePeer(.router, answer: memory.answer)
    let sender = try NumberedSenderTests.sender(daemon.endpoint)
    for number in 1...5000 {
      #expect(try sender.send(utf8("\(number)")) == .begun)
      #expect(sender.unansweredCount <= 50)
    }
    try sender.finish()
    #expect(memory.learned == (1...5000).map { "\($0)" })
    #expect(sender.acknowledged == 5000 && sender.resumedAfter == 0 && sender.oldestNumber == 5001)
    #expect(memory.state.withLock(\.received) == 5000, "nothing is sent twice without need")
  }

  /// The daemon goes away again and again, in the middle of whatever it does.
  @Test func itSurvivesRestarts() throws {
    let memory = Memory()
    var daemon: FakePeer? = try FakePeer(.router, answer: memory.answer)
    let endpoint = daemon?.endpoint ?? ""
    let sender = try NumberedSenderTests.sender(endpoint)
    for number in 1...2000 {
      _ = try sender.send(utf8("\(number)"))
      if number.isMultiple(of: 250) {
        daemon = nil
        daemon = try FakePeer(.router, bind: endpoint, answer: memory.answer)
      }
    }
    try sender.finish()
    #expect(memory.learned == (1...2000).map { "\($0)" })
    #expect(daemon?.endpoint == endpoint)
  }

  /// Answers that get lost while the connection lasts.
  @Test func lostAnswersAreMadeUpFor() throws {
    let memory = Memory(Memory.State(silentEvery: 300))
    let daemon = try FakePeer(.router, answer: memory.answer)
    let sender = try NumberedSenderTests.sender(daemon.endpoint)
    for number in 1...600 { _ = try sender.send(utf8("\(number)")) }
    try sender.finish()
    #expect(memory.learned == (1...600).map { "\($0)" })
  }

  @Test func rejectionsAreToldOf() throws {
    let memory = Memory()
    let daemon = try FakePeer(.router, answer: memory.answer)
    let rejected = Mutex<[UInt64]>([])
    let sender = try NumberedSenderTests.sender(daemon.endpoint) { rejection in
      #expect(rejection.failure.code == "shape")
      rejected.withLock { $0.append(rejection.message) }
    }
    // This stand-in lets nothing pass that follows a rejected message.
    for number in 1...500 { _ = try sender.send(utf8(number.isMultiple(of: 50) ? "!" : "\(number)")) }
    try sender.finish()
    #expect(memory.learned == (1...500).filter { !$0.isMultiple(of: 50) }.map { "\($0)" })
    #expect(rejected.withLock { $0 } == (1...10).map { UInt64($0) * 50 })
  }

  @Test func anotherSenderGoesOn() throws {
    let memory = Memory()
    let daemon = try FakePeer(.router, answer: memory.answer)
    let first = try NumberedSenderTests.sender(daemon.endpoint)
    for number in 1...70 { _ = try first.send(utf8("\(number)")) }
    try first.finish()
    let second = try NumberedSenderTests.sender(daemon.endpoint)
    let deliveries = try (1...100).map { try second.send(utf8("\($0)")) }
    try second.finish()
    #expect(deliveries == (1...100).map { $0 <= 70 ? .passedOver : .begun })
    #expect(second.resumedAfter == 70)
    #expect(memory.learned == (1...100).map { "\($0)" })
    #expect(memory.state.withLock(\.received) == 70 + 1 + 30)
  }

  /// A daemon that has lost what it acknowledged is an error, after which the stream may begin anew.
  @Test func aDaemonThatForgets() throws {
    let memory = Memory()
    let daemon = try FakePeer(.router, answer: memory.answer)
    let sender = try NumberedSenderTests.sender(daemon.endpoint)
    for number in 1...60 { _ = try sender.send(utf8("\(number)")) }
    try sender.finish()
    memory.state.withLock { state in
      state.learned = Array(state.learned.prefix(40))
      state.last = 40
    }
    let error = ClientError.forgotten(endpoint: daemon.endpoint, last: 40, acknowledged: 60)
    #expect(throws: error) {
      _ = try sender.send(utf8("61"))
      try sender.finish()
    }
    #expect(error.description.contains("without 20 of the messages"))
    #expect(error.description.contains("journaled or durable"))
    sender.restart(after: 40)
    for number in 1...80 { _ = try sender.send(utf8("\(number)")) }
    try sender.finish()
    #expect(memory.learned == (1...80).map { "\($0)" })
  }

  @Test func itGivesUpInTheEnd() throws {
    let gone = try FakePeer(.router).endpoint
    let sender = try NumberedSenderTests.sender(gone, milliseconds: 50)
    #expect(throws: ClientError.undelivered(endpoint: gone, messages: 1, milliseconds: 50)) { try sender.send([1]) }
    let silent = try FakePeer(.router)
    let other = try NumberedSenderTests.sender(silent.endpoint, milliseconds: 300)
    #expect(throws: ClientError.undelivered(endpoint: silent.endpoint, messages: 1, milliseconds: 300)) {
      try other.send([1])
    }
    #expect {
      try NumberedSenderTests.sender("nonsense")
    } throws: { error in
      if case ClientError.unusableEndpoint = error { true } else { false }
    }
    #expect(throws: ClientError.unsendable(reason: "a source needs a name")) {
      try NumberedSender(endpoint: gone, source: "") { _ in }
    }
  }

  @Test(arguments: [
    ["nonsense"], ["1 1", "", "{}"], ["1 1", "", #"{"ok": true, "samples": 1, "step": 1}"#], ["1 1"], ["1", "", "{}"],
    ["1 1", "", #"{"ok": false, "error": {"code": "sequence", "message": "m"}}"#],
    ["1 1", "", #"{"ok": true, "samples": 1, "step": 1, "last": 0}"#],
  ])
  func anAnswerThatIsNoneIsAnError(frames: [String]) throws {
    let daemon = try FakePeer(.router) { message in [message[0]] + frames.map(utf8) }
    let sender = try NumberedSenderTests.sender(daemon.endpoint)
    #expect {
      try sender.send([1])
    } throws: { error in
      if case ClientError.malformed(daemon.endpoint, _) = error { true } else { false }
    }
  }
}
