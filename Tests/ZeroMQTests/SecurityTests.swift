import Glibc
import Testing
import ZeroMQ

/// Two sides of a connection that ask for keys, in contexts of their own, as two processes have.
private struct Guarded {
  let server: CurveKeyPair
  let context: Context
  let authenticator: Authenticator
  let pull: Socket
  let monitor: ListenerMonitor
  let endpoint: String

  init(_ options: [Socket.Option] = [], isOpen: Bool = false, at place: String = "tcp://127.0.0.1:*") throws {
    server = try CurveKeyPair()
    context = try Context()
    authenticator = try Authenticator(in: context)
    pull = try Socket.forTest(.pull, in: context, options)
    if !isOpen { try pull.demandKeys(server, domain: "pull") }
    monitor = try ListenerMonitor(try ListenerMonitor.Source(pull, in: context))
    endpoint = try pull.bind(place)
  }

  func push(_ own: CurveKeyPair?, to key: CurveKey? = nil) throws -> Socket {
    let push = try Socket.forTest(.push, in: try Context())
    if let own { try push.showKey(own, to: key ?? server.publicKey) }
    try push.connect(endpoint)
    return push
  }

  /// The next that wants to get in.
  func request() throws -> Authenticator.Request {
    _ = try Poller([authenticator.socket]).wait(milliseconds: 10_000)
    return try #require(try authenticator.next())
  }

  /// The next events up to one that is as wanted.
  func events(until isLast: (ListenerMonitor.Event) -> Bool) throws -> [ListenerMonitor.Event] {
    var events: [ListenerMonitor.Event] = []
    while true {
      _ = try Poller([monitor.socket]).wait(milliseconds: 10_000)
      events.append(try #require(try monitor.next(), "nothing more came than \(events)"))
      if let last = events.last, isLast(last) { return events }
    }
  }
}

@Suite(.timeLimit(.minutes(1))) struct SecurityTests {
  @Test func whoIsAdmittedIsKnown() throws {
    let guarded = try Guarded()
    let client = try CurveKeyPair()
    let push = try guarded.push(client)
    let request = try guarded.request()
    #expect(request.domain == "pull")
    #expect(request.address == "127.0.0.1")
    #expect(request.key == client.publicKey)
    try guarded.authenticator.answer(request, admits: true)
    try push.send([bytes("one"), bytes("two")])
    let message = Message(capacity: 1)
    #expect(try message.receive(from: guarded.pull))
    #expect(message.count == 2)
    #expect(message.sender == client.publicKey.text)
    let events = try guarded.events { $0 == .established }
    guard case .accepted(let connection)? = events.first else { throw Unexpected(events) }
    #expect(connection.endpoint == guarded.endpoint)
    #expect(message.descriptor == connection.descriptor)
  }

  @Test func whoIsNotAdmittedSendsNothing() throws {
    let guarded = try Guarded([.handshakeTimeout(100)])
    let push = try guarded.push(try CurveKeyPair())
    try guarded.authenticator.answer(try guarded.request(), admits: false)
    let events = try guarded.events { if case .ended = $0 { true } else { false } }
    #expect(events.contains(.refused(.authentication)))
    #expect(!events.contains(.established))
    try push.send(bytes("x"), waiting: .never)
    #expect(try guarded.pull.receive(waiting: .never) == nil)
  }

  @Test func otherKeysAndNoneGetNowhere() throws {
    let guarded = try Guarded()
    let other = try guarded.push(try CurveKeyPair(), to: try CurveKeyPair().publicKey)
    #expect(try guarded.events { $0 == .refused(.encryption) }.contains(.established) == false)
    withExtendedLifetime(other) {}
    let plain = try guarded.push(nil)
    // It notices, too, and may be gone before it is noticed here.
    let events = try guarded.events { [.refused(.mechanism), .refused(.silence)].contains($0) }
    #expect(!events.contains(.established))
    withExtendedLifetime(plain) {}
    #expect(try guarded.authenticator.next() == nil)
  }

  @Test func whoConnectsMayAskForKeys() throws {
    let guarded = try Guarded()
    let (publisher, context) = (try CurveKeyPair(), try Context())
    let bound = try Socket.forTest(.push, in: context)
    try bound.showKey(publisher, to: guarded.server.publicKey)
    let endpoint = try bound.bind("tcp://127.0.0.1:*")
    try guarded.pull.connect(endpoint)
    let request = try guarded.request()
    #expect(request.key == publisher.publicKey)
    try guarded.authenticator.answer(request, admits: true)
    try bound.send(bytes("x"))
    #expect(try guarded.pull.receive() == [bytes("x")])
  }

  @Test func silenceEnds() throws {
    let guarded = try Guarded([.handshakeTimeout(50)], isOpen: true)
    let silent = try connection(to: guarded.endpoint)
    defer { close(silent) }
    let events = try guarded.events { if case .ended = $0 { true } else { false } }
    #expect(events.contains(.refused(.silence)))
  }

  @Test(arguments: [false, true]) func connectionsCanBeEnded(overIPC: Bool) throws {
    try (overIPC ? Transport.ipc : .tcp).withEndpoint { place in
      let guarded = try Guarded(isOpen: true, at: place)
      let push = try guarded.push(nil)
      try push.send(bytes("x"))
      let message = Message()
      #expect(try message.receive(from: guarded.pull))
      #expect(message.sender == nil)
      guard case .accepted(let connection)? = try guarded.events(until: { $0 == .established }).first else {
        throw Unexpected([])
      }
      #expect(message.descriptor == connection.descriptor)
      let elsewhere = ListenerMonitor.Connection(descriptor: connection.descriptor, endpoint: "tcp://127.0.0.1:1")
      #expect(!elsewhere.end())
      #expect(connection.end())
      _ = try guarded.events { $0 == .ended(connection) }
      // A peer that may come again does.
      _ = try guarded.events { $0 == .established }
      try push.send(bytes("y"))
      #expect(try guarded.pull.receive() == [bytes("y")])
    }
  }

  @Test func nothingElseIsEnded() throws {
    var pair: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    defer { for descriptor in pair { close(descriptor) } }
    for (descriptor, endpoint) in [
      (pair[0], "ipc:///run/x"), (pair[0], "tcp://127.0.0.1:0"), (-1, "ipc://"), (-1, "tcp://127.0.0.1:0"),
    ] {
      #expect(!ListenerMonitor.Connection(descriptor: descriptor, endpoint: endpoint).end())
    }
    #expect(write(pair[0], [1], 1) == 1)
  }

  @Test func oneAuthenticatorAContext() throws {
    let context = try Context()
    let first = try Authenticator(in: context)
    #expect(throws: ZeroMQError.self) { try Authenticator(in: context) }
    withExtendedLifetime(first) {}
  }

  @Test func modesOfLocalEndpoints() throws {
    try Transport.ipc.withEndpoint { endpoint in
      let socket = try Socket.forTest(.pull, in: try Context())
      try socket.bind(endpoint)
      for mode in [UInt32(0o600), 0o660, 0o666] {
        try socket.setAccess(of: endpoint, mode: mode, group: getegid())
        var status = stat()
        #expect(stat(String(endpoint.dropFirst(6)), &status) == 0)
        #expect(status.st_mode & 0o777 == mode)
      }
      let error = #expect(throws: ZeroMQError.self) {
        try socket.setAccess(of: endpoint + "-missing", mode: 0o600, group: nil)
      }
      #expect(error.map { "\($0)".contains("cannot set the mode of") } == true)
      try socket.setAccess(of: "tcp://127.0.0.1:1", mode: 0o600, group: nil)
      try socket.setAccess(of: "ipc://@abstract", mode: 0o600, group: nil)
    }
  }

  private struct Unexpected: Error {
    let events: [ListenerMonitor.Event]
    init(_ events: [ListenerMonitor.Event]) { self.events = events }
  }

  /// A plain connection that says nothing.
  private func connection(to endpoint: String) throws -> Int32 {
    let port = try #require(UInt16(endpoint.split(separator: ":").last ?? ""))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0)
    return descriptor
  }
}
