import Synchronization
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient

private func coefficients(_ step: Int) -> [[UInt8]] {
  let json =
    #"{"form":"full","step":\#(step),"intercept":0.5,"names":["a"],"values":[2],"features":4,"active_set":1}"#
  return [utf8("coefficients"), utf8(json)]
}

private func event(_ step: Int) -> [[UInt8]] {
  [utf8("event"), utf8(#"{"event":"something","step":\#(step),"time":1,"message":"it happened"}"#)]
}

@Suite(.timeLimit(.minutes(2))) struct ConnectionPublicationTests {
  @Test func aSlowReaderGetsTheNewestCoefficients() async throws {
    // What tells that all has come follows on the same connection.
    let daemon = try FakePeer(
      .extendedPublish,
      answers: { $0 == [[1] + utf8("event")] ? (1...10).map(coefficients) + [event(11)] : [] })
    let whittle = try WhittleConnection.to(daemon.endpoint)
    var slow = whittle.publications.coefficients.makeAsyncIterator()
    _ = try await daemon.arrived(1)
    var events = whittle.publications.events.makeAsyncIterator()
    #expect(try await events.next()?.event.step == 11)
    let newest = Coefficients(step: 10, intercept: 0.5, names: ["a"], values: [2], features: 4, activeSet: 1)
    #expect(try await slow.next() == newest)
  }

  @Test func whatAReaderOfEventsMissesIsCounted() async throws {
    let daemon = try FakePeer(
      .extendedPublish,
      answers: { $0 == [[1] + utf8("coefficients")] ? (1...10).map(event) + [coefficients(11)] : [] })
    let whittle = try WhittleConnection.to(daemon.endpoint) { $0.unreadEvents = 3 }
    var events = whittle.publications.events.makeAsyncIterator()
    _ = try await daemon.arrived(1)
    var end = whittle.publications.coefficients.makeAsyncIterator()
    #expect(try await end.next()?.step == 11)
    var read: [[Int]] = []
    for _ in 0..<3 {
      let next = try await events.next()
      read.append([Int(next?.event.step ?? 0), next?.droppedBefore ?? -1])
    }
    #expect(read == [[8, 7], [9, 0], [10, 0]])
  }

  @Test func aLoopEndsWithItsTaskAndItsSubscription() async throws {
    let daemon = try FakePeer(.extendedPublish) { $0[0].first == 1 ? coefficients(1) : nil }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let came = try Gate()
    let loop = Task {
      var count = 0
      for try await _ in whittle.publications.coefficients {
        count += 1
        came.open()
      }
      return count
    }
    _ = try await daemon.arrived(1)
    await withCheckedContinuation { continuation in
      Task.detached {
        came.wait()
        continuation.resume()
      }
    }
    loop.cancel()
    #expect(try await loop.value == 1)
    #expect(try await daemon.arrived(2) == [[[1] + utf8("coefficients")], [[0] + utf8("coefficients")]])
  }

  @Test func twoReadersOfATopicAreTwoSubscriptions() async throws {
    let daemon = try FakePeer(.extendedPublish) { $0[0] == [1] + utf8("event") ? coefficients(1) : nil }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    var first: PublicationSequence<Coefficients>.Iterator? = whittle.publications.coefficients.makeAsyncIterator()
    var second = whittle.publications.coefficients.makeAsyncIterator()
    _ = try await daemon.arrived(1)
    first = nil
    // Posted after the first reader has left.
    var events = whittle.publications.events.makeAsyncIterator()
    #expect(try await second.next()?.step == 1)
    #expect(first == nil)
    await whittle.close()
    #expect(try await events.next() == nil)
    #expect(daemon.received.prefix(2) == [[[1] + utf8("coefficients")], [[1] + utf8("event")]])
  }

  @Test func aDaemonThatComesBackIsReadAgain() async throws {
    let place = try TemporaryDirectory()
    let endpoint = "ipc://\(place.path)/publish"
    let first = Mutex<FakePeer?>(try FakePeer(.extendedPublish, bind: endpoint) { _ in coefficients(1) })
    let whittle = try WhittleConnection.to(endpoint)
    var reader = whittle.publications.coefficients.makeAsyncIterator()
    #expect(try await reader.next()?.step == 1)
    first.withLock { $0 = nil }
    let second = try FakePeer(.extendedPublish, bind: endpoint) { _ in coefficients(2) }
    #expect(try await reader.next()?.step == 2)
    #expect(second.received.count == 1)
  }

  @Test func closingEndsTheLoops() async throws {
    let daemon = try FakePeer(.extendedPublish)
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let loop = Task {
      var count = 0
      for try await _ in whittle.publications.events { count += 1 }
      return count
    }
    _ = try await daemon.arrived(1)
    await whittle.close()
    #expect(try await loop.value == 0)
  }

  @Test(arguments: [[utf8("stats")], [utf8("stats"), utf8("{}")]])
  func malformedPublicationsAreErrors(frames: [[UInt8]]) async throws {
    let daemon = try FakePeer(.extendedPublish) { _ in frames }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    var reader = whittle.publications.stats.makeAsyncIterator()
    let error = await failure { () async throws(ClientError) in try await reader.next(isolation: nil) }
    guard case .malformed(daemon.endpoint, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func aWrongEndpointIsAnError() async throws {
    let whittle = try WhittleConnection.to("nonsense")
    var reader = whittle.publications.events.makeAsyncIterator()
    let error = await failure { () async throws(ClientError) in try await reader.next(isolation: nil) }
    guard case .unusableEndpoint = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
