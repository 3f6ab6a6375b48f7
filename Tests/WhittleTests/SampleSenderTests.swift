import Testing
import ZeroMQ

@testable import WhittleClient

@Suite struct SampleSenderTests {
  private static let count = 5000

  @Test func pushLosesNothing() throws {
    let daemon = try FakePeer(.pull, options: [.receiveHighWaterMark(10)])
    let sender = try SampleSender(endpoint: daemon.endpoint)
    for number in 0..<SampleSenderTests.count { try sender.send(utf8("\(number)")) }
    #expect(try sender.finish(milliseconds: 10_000))
    let received = try daemon.messages(SampleSenderTests.count)
    #expect(received == (0..<SampleSenderTests.count).map { [utf8("\($0)")] })
  }

  @Test(arguments: ["", "samples"])
  func publishLosesNothing(topic: String) throws {
    let daemon = try FakePeer(.subscribe, options: [.receiveHighWaterMark(10), .subscribe(utf8(topic))])
    let sender = try SampleSender(.publish(topic: topic), endpoint: daemon.endpoint)
    for number in 0..<SampleSenderTests.count { try sender.send(utf8("\(number)")) }
    #expect(try sender.finish(milliseconds: 10_000))
    let received = try daemon.messages(SampleSenderTests.count)
    let head = topic.isEmpty ? [] : [utf8(topic)]
    #expect(received == (0..<SampleSenderTests.count).map { head + [utf8("\($0)")] })
  }

  @Test func nobodyTakesIsAnError() throws {
    let gone = try FakePeer(.pull).endpoint
    let push = try SampleSender(endpoint: gone, milliseconds: 50)
    #expect(throws: ClientError.notTaken(endpoint: gone, milliseconds: 50)) { try push.send([1]) }
    let bound = try SampleSender(.push, endpoint: "tcp://127.0.0.1:*", attachment: .bind, milliseconds: 50)
    #expect(throws: ClientError.notTaken(endpoint: bound.endpoint, milliseconds: 50)) { try bound.send([1]) }
    #expect(!bound.endpoint.hasSuffix("*"))
    let publish = try SampleSender(.publish(topic: ""), endpoint: gone, milliseconds: 50)
    #expect(throws: ClientError.noSubscriber(endpoint: gone, milliseconds: 50)) { try publish.send([1]) }
    for sender in [push, bound, publish] { #expect(try sender.finish(milliseconds: 10_000)) }
  }

  @Test func anotherTopicIsNotASubscription() throws {
    let daemon = try FakePeer(.subscribe, options: [.subscribe(utf8("other"))])
    let sender = try SampleSender(.publish(topic: "samples"), endpoint: daemon.endpoint, milliseconds: 200)
    #expect(throws: ClientError.noSubscriber(endpoint: daemon.endpoint, milliseconds: 200)) {
      try sender.send([1])
    }
  }

  @Test(arguments: [SampleSender.Pattern.push, .publish(topic: "")])
  func aFullQueueIsAnError(pattern: SampleSender.Pattern) throws {
    // The peer reads one message, and then waits for as long as the test holds it.
    let gate = try WakeUp()
    let daemon = try FakePeer(
      pattern == .push ? .pull : .subscribe,
      options: [.receiveHighWaterMark(1)] + (pattern == .push ? [] : [.subscribe([])])
    ) { _ in
      _ = try? Poller([], wake: gate).wait(milliseconds: 30_000)
      return nil
    }
    defer { gate.signal() }
    let sender = try SampleSender(pattern, endpoint: daemon.endpoint, milliseconds: 300)
    let payload = [UInt8](repeating: 7, count: 20_000)
    #expect(throws: ClientError.notTaken(endpoint: daemon.endpoint, milliseconds: 300)) {
      for _ in 0..<100_000 { try sender.send(payload) }
    }
    // What is queued is still queued: it is handed over once the peer reads on.
    #expect(try !sender.finish(milliseconds: 1))
    gate.signal()
    #expect(try sender.finish(milliseconds: 20_000))
  }

  @Test func nothingIsSentAfterTheEnd() throws {
    let sender = try SampleSender(endpoint: "tcp://127.0.0.1:*", attachment: .bind, milliseconds: 50)
    #expect(try sender.finish(milliseconds: 5000))
    #expect(throws: ClientError.self) { try sender.send([1]) }
    #expect {
      try SampleSender(endpoint: "nonsense")
    } throws: { error in
      if case ClientError.unusableEndpoint = error { true } else { false }
    }
  }
}
