import Synchronization
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient
@testable import whittle

@Suite struct LearningWaitTests {
  /// A daemon that answers each question for stats with the next of these, and the last for ever.
  private static func daemon(_ answers: [Stats]) throws -> FakePeer {
    let texts = try answers.map { try WireJSON.encode(QueryReply.success($0)) }
    let asked = Mutex(0)
    return try FakePeer(.router) { message in
      let number = asked.withLock { number in
        defer { number += 1 }
        return min(number, texts.count - 1)
      }
      return [message[0], texts[number]]
    }
  }

  private static func stats(messages: UInt64, uptime: Double = 100, rejected: [String: UInt64] = [:]) -> Stats {
    var stats = exampleStats
    stats.messages = messages
    stats.uptimeSeconds = uptime
    stats.rejected = rejected
    return stats
  }

  private static func wait(for daemon: FakePeer, messages: Int, milliseconds: Int = 5000) throws {
    try LearningWait(QueryClient(endpoint: daemon.endpoint, milliseconds: milliseconds)).wait(for: messages)
  }

  @Test func asksUntilTheLastMessageIsTaken() throws {
    let daemon = try LearningWaitTests.daemon([10, 10, 12, 15, 99].map { LearningWaitTests.stats(messages: $0) })
    try LearningWaitTests.wait(for: daemon, messages: 5)
    #expect(daemon.received.count == 4)
  }

  @Test func nothingSentIsNothingToWaitFor() throws {
    let daemon = try LearningWaitTests.daemon([LearningWaitTests.stats(messages: 10)])
    try LearningWaitTests.wait(for: daemon, messages: 0)
    #expect(daemon.received.count == 1)
  }

  @Test func onlyNewRejectionsAreErrors() throws {
    let before = LearningWaitTests.stats(messages: 10, rejected: ["bad_json": 2, "limit": 1])
    let same = LearningWaitTests.stats(messages: 12, rejected: ["bad_json": 2, "limit": 1])
    try LearningWaitTests.wait(for: LearningWaitTests.daemon([before, same]), messages: 2)
    let after = LearningWaitTests.stats(messages: 14, rejected: ["bad_json": 4, "limit": 1, "bad_vw": 1])
    let daemon = try LearningWaitTests.daemon([before, after])
    let error = ToolError.rejected(endpoint: daemon.endpoint, byReason: ["bad_json": 2, "bad_vw": 1])
    #expect(throws: error) { try LearningWaitTests.wait(for: daemon, messages: 4) }
    #expect(error.description.contains("rejected messages: 2 for bad_json, 1 for bad_vw; its log"))
  }

  @Test(arguments: [(UInt64(3), 101.0), (UInt64(12), 0.5)])
  func aRestartIsAnError(messages: UInt64, uptime: Double) throws {
    let daemon = try LearningWaitTests.daemon([
      LearningWaitTests.stats(messages: 10), LearningWaitTests.stats(messages: 11),
      LearningWaitTests.stats(messages: messages, uptime: uptime),
    ])
    #expect(
      throws: ToolError.notLearned(endpoint: daemon.endpoint, taken: 1, sent: 2, reason: "was then restarted")
    ) { try LearningWaitTests.wait(for: daemon, messages: 2) }
  }

  @Test func aStandstillIsAnError() throws {
    let daemon = try LearningWaitTests.daemon([10, 11].map { LearningWaitTests.stats(messages: $0) })
    #expect {
      try LearningWaitTests.wait(for: daemon, messages: 3, milliseconds: 50)
    } throws: { error in
      guard case ToolError.notLearned(daemon.endpoint, taken: 1, sent: 3, _) = error else { return false }
      return true
    }
  }

  @Test func aDaemonThatIsNotThereIsAnError() throws {
    let gone = try FakePeer(.router).endpoint
    #expect(throws: ClientError.unreachable(endpoint: gone, milliseconds: 50)) {
      try LearningWait(QueryClient(endpoint: gone, milliseconds: 50))
    }
  }
}
