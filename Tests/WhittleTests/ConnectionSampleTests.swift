import Synchronization
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient

@Suite(.timeLimit(.minutes(2))) struct ConnectionSampleTests {
  @Test func samplesGoAsJSON() async throws {
    let daemon = try FakePeer(.pull)
    let whittle = try WhittleConnection.to(daemon.endpoint)
    try await whittle.send(Sample(x: ["sleep": 7.5], y: 3.2))
    try await whittle.send([Sample(x: [0.5, nil, true], y: 1, weight: 2), Sample(x: ["s": "north"], id: "ad-17")])
    try await whittle.send(Sample(x: nil, y: 0, id: "ad-17"))
    try await whittle.send(payload: utf8("1 | a:2"))
    let messages = try await daemon.arrived(4)
    #expect(messages.allSatisfy { $0.count == 1 })
    let payloads = try messages.prefix(3).map { try WireJSON.decode(JSONValue.self, from: $0[0], of: "") }
    #expect(
      payloads == [
        [["x": ["sleep": 7.5], "y": 3.2]],
        [["x": [0.5, nil, true], "y": 1, "weight": 2], ["x": ["s": "north"], "id": "ad-17"]],
        [["y": 0, "id": "ad-17"]],
      ])
    #expect(messages[3] == [utf8("1 | a:2")])
    let error = await failure { () async throws(ClientError) in try await whittle.send(Sample(x: [], y: .infinity)) }
    guard case .unsendable = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func whatNobodyTakesIsAnError() async throws {
    let gone = try FakePeer(.pull).endpoint
    let whittle = try WhittleConnection.to(gone, timeout: .milliseconds(50))
    let error = await failure { () async throws(ClientError) in try await whittle.send(payload: utf8("1 | a")) }
    #expect(error == .notTaken(endpoint: gone, milliseconds: 50))
  }

  @Test func sendingWaitsForAPeer() async throws {
    let place = try TemporaryDirectory()
    let endpoint = "ipc://\(place.path)/pull"
    let whittle = try WhittleConnection.to(endpoint, timeout: .seconds(60))
    async let sent: Void = whittle.send(payload: utf8("1 | a"))
    let late = await failure { () async throws(ClientError) in
      try await whittle.send(payload: utf8("2 | a"), timeout: .milliseconds(20))
    }
    #expect(late == .notTaken(endpoint: endpoint, milliseconds: 20))
    let daemon = try FakePeer(.pull, bind: endpoint)
    try await sent
    #expect(try await daemon.arrived(1) == [[utf8("1 | a")]])
  }

  @Test func sendingWaitsWhileTheQueueIsFull() async throws {
    let gate = try Gate()
    let daemon = try FakePeer(.pull, options: [.receiveHighWaterMark(1)]) { _ in
      gate.wait()
      return nil
    }
    defer { gate.open() }
    let whittle = try WhittleConnection.to(daemon.endpoint) { $0.queued = 1 }
    let payload = [UInt8](repeating: 32, count: 1 << 20)
    // The network's buffers take some of it; far less than this.
    var taken = 0
    var error: ClientError?
    while error == nil, taken < 200 {
      error = await failure { () async throws(ClientError) in
        try await whittle.send(payload: payload, timeout: .milliseconds(200))
      }
      if error == nil { taken += 1 }
    }
    #expect(error == .notTaken(endpoint: daemon.endpoint, milliseconds: 200))
    async let last: Void = whittle.send(payload: utf8("last"))
    gate.open()
    try await last
    await whittle.close()
    let messages = try await daemon.arrived(taken + 1)
    #expect(messages.map { $0[0].count } == Array(repeating: payload.count, count: taken) + [4])
  }

  @Test func whatIsQueuedAtTheEndArrives() async throws {
    let daemon = try FakePeer(.pull)
    let whittle = try WhittleConnection.to(daemon.endpoint)
    for n in 0..<500 { try await whittle.send(payload: utf8("\(n) | a")) }
    await whittle.close()
    #expect(try await daemon.arrived(500).map { text($0[0]) } == (0..<500).map { "\($0) | a" })
  }

  @Test func learningIsAcknowledged() async throws {
    let daemon = try FakePeer(.router) { answer(#"{"ok":true,"samples":2,"step":9}"#, to: $0) }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let learned = try await whittle.learn(Sample(x: ["a": 1], y: 1), Sample(x: ["a": 2], y: 2))
    #expect(learned == Acknowledgement(samples: 2, step: 9))
    _ = try await whittle.learn(payload: utf8("1 | a"), number: MessageNumber(source: "pump", seq: 3, previous: 2))
    let numbered = daemon.received[1]
    #expect(numbered.count == 5 && numbered[2].isEmpty && numbered[4] == utf8("1 | a"))
    #expect(
      try WireJSON.decode(JSONValue.self, from: numbered[3], of: "") == ["source": "pump", "seq": 3, "previous": 2])
  }

  @Test func rejectionsSayWhatIsWrong() async throws {
    let daemon = try FakePeer(.router) {
      answer(#"{"ok":false,"error":{"code":"syntax","message":"no","position":4}}"#, to: $0)
    }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let error = await failure { () async throws(ClientError) in try await whittle.learn(payload: utf8("…")) }
    #expect(error == .rejected(IngestFailure("syntax", "no", at: 4)))
  }

  @Test func onlyNumberedMessagesAreSentAgain() async throws {
    let place = try TemporaryDirectory()
    let endpoint = "ipc://\(place.path)/router"
    let first = Mutex<FakePeer?>(try FakePeer(.router, bind: endpoint))
    let whittle = try WhittleConnection.to(endpoint, timeout: .seconds(60))
    async let plain = failure { () async throws(ClientError) in try await whittle.learn(payload: utf8("1 | a")) }
    async let numbered = whittle.learn(payload: utf8("2 | a"), number: MessageNumber(source: "s", seq: 1))
    _ = try await first.withLock { $0 }?.arrived(2)
    first.withLock { $0 = nil }
    #expect(await plain == .interrupted(endpoint: endpoint))
    let second = try FakePeer(.router, bind: endpoint) {
      answer(#"{"ok":true,"samples":0,"duplicates":1,"step":1,"last":1}"#, to: $0)
    }
    #expect(try await numbered.duplicates == 1)
    #expect(second.received.map { $0.last } == [utf8("2 | a")])
  }
}
