import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient

@Suite(.timeLimit(.minutes(2))) struct ConnectionEndTests {
  @Test func cancellingEndsACallAtOnce() async throws {
    let daemon = try FakePeer(.router)
    let gone = try FakePeer(.router).endpoint
    var endpoints = WhittleConnection.Endpoints()
    endpoints.query = daemon.endpoint
    endpoints.router = daemon.endpoint
    endpoints.push = gone
    var limits = WhittleConnection.Limits()
    limits.timeout = .seconds(600)
    let whittle = try WhittleConnection(endpoints, limits: limits)
    let offline = try WhittleConnection.to(gone, timeout: .seconds(600))
    // Sent and not answered, not sent, and not taken.
    let asked = Task { await failure { () async throws(ClientError) in try await whittle.stats() } }
    let taught = Task { await failure { () async throws(ClientError) in try await whittle.learn(Sample(x: [], y: 1)) } }
    let unsent = Task { await failure { () async throws(ClientError) in try await offline.stats() } }
    let queued = Task { await failure { () async throws(ClientError) in try await whittle.send(Sample(x: [], y: 1)) } }
    _ = try await daemon.arrived(2)
    for task in [asked, taught, unsent, queued] {
      task.cancel()
      #expect(await task.value == .cancelled)
    }
    let early = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await failure { () async throws(ClientError) in try await whittle.stats() }
    }
    #expect(await early.value == .cancelled)
    await whittle.close()
    #expect(daemon.received.count == 2, "what was cancelled before it was asked is not asked")
  }

  @Test func anAnswerAndACancellationAtTheSameTimeAreOneOutcome() async throws {
    let daemon = try FakePeer(.router) { answer(prediction, to: $0) }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    for _ in 0..<300 {
      let task = Task { await failure { () async throws(ClientError) in try await whittle.predict(x: []) } }
      let canceller = Task { task.cancel() }
      let outcome = await task.value
      #expect(outcome == nil || outcome == .cancelled)
      await canceller.value
    }
    #expect(try await whittle.predict(x: []).step == 7)
  }

  @Test func closingEndsAllCalls() async throws {
    let daemon = try FakePeer(.router)
    let whittle = try WhittleConnection.to(daemon.endpoint, timeout: .seconds(600))
    let tasks = (0..<100).map { n in
      Task {
        await failure { () async throws(ClientError) in
          if n % 2 == 0 { _ = try await whittle.stats() } else { _ = try await whittle.learn(Sample(x: [], y: 1)) }
        }
      }
    }
    _ = try await daemon.arrived(50)
    async let first: Void = whittle.close()
    async let second: Void = whittle.close()
    _ = await (first, second)
    for task in tasks { #expect(await task.value == .closed) }
    #expect(await failure { () async throws(ClientError) in try await whittle.stats() } == .closed)
    #expect(await failure { () async throws(ClientError) in try await whittle.send(payload: []) } == .closed)
    var loops = whittle.publications.stats.makeAsyncIterator()
    #expect(try await loops.next() == nil)
    await whittle.close()
  }

  @Test func theThreadEndsWithTheLastReference() async throws {
    let daemon = try FakePeer(.router) { answer(prediction, to: $0) }
    var whittle: WhittleConnection? = try .to(daemon.endpoint)
    #expect(try await whittle?.predict(x: []).step == 7)
    let mailbox = whittle?.mailbox
    whittle = nil
    await mailbox?.waitForEnd()
    #expect(throws: ClientError.closed) { try mailbox?.post { id in .unsubscribe(id: id) } }
  }

  @Test func aReaderKeepsTheConnectionOpen() async throws {
    let stats = #"{"op":"none"}"#
    let daemon = try FakePeer(.extendedPublish) { _ in [utf8("stats"), utf8(stats)] }
    var whittle: WhittleConnection? = try .to(daemon.endpoint)
    let mailbox = whittle?.mailbox
    var reader = whittle?.publications.stats.makeAsyncIterator()
    whittle = nil
    let error = await failure { () async throws(ClientError) in try await reader?.next(isolation: nil) }
    guard case .malformed = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    reader = nil
    await mailbox?.waitForEnd()
  }

  @Test func theLimitsOfTimeAreNoTrap() {
    #expect(Duration.milliseconds(1500).wholeMilliseconds == 1500)
    #expect(Duration.microseconds(999).wholeMilliseconds == 0)
    #expect(Duration.seconds(Int64.max).wholeMilliseconds == 1_000_000_000_000_000)
    #expect(Duration.seconds(Int64.min).wholeMilliseconds == -1_000_000_000_000_000)
  }
}
