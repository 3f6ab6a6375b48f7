import Testing
import ZeroMQ

/// Errors say what was tried, on what, and why it failed.
@Suite(.timeLimit(.minutes(1))) struct ErrorTests {
  @Test(arguments: [
    "tcp://127.0.0.1:port", "nonsense://x", "tcp://no.such.interface:5", "ipc:///no/such/folder/s",
  ])
  func bindNamesTheEndpoint(_ endpoint: String) throws {
    let socket = try Socket.forTest(.pull, in: try Context())
    let error = try #require(throws: ZeroMQError.self) { try socket.bind(endpoint) }
    #expect(error.operation == "bind")
    #expect(error.subject == endpoint)
    #expect(error.description.hasPrefix("cannot bind \(endpoint): "))
    #expect(!error.isTerminated && !error.wouldBlock)
  }

  @Test func takenEndpoint() throws {
    let context = try Context()
    let first = try Socket.forTest(.pull, in: context)
    let second = try Socket.forTest(.pull, in: context)
    let endpoint = try first.bind("tcp://127.0.0.1:*")
    let error = try #require(throws: ZeroMQError.self) { try second.bind(endpoint) }
    #expect(error.description == "cannot bind \(endpoint): Address already in use")
    let unbinding = try #require(throws: ZeroMQError.self) { try second.unbind(endpoint) }
    #expect(unbinding.description.hasPrefix("cannot unbind \(endpoint): "))
  }

  @Test func connectNamesTheEndpoint() throws {
    let socket = try Socket.forTest(.push, in: try Context())
    let error = try #require(throws: ZeroMQError.self) { try socket.connect("tcp://127.0.0.1") }
    #expect(error.description.hasPrefix("cannot connect to tcp://127.0.0.1: "))
  }

  @Test func optionOfAnotherKind() throws {
    let socket = try Socket.forTest(.pull, in: try Context())
    let error = try #require(throws: ZeroMQError.self) { try socket.set(.subscribe([])) }
    #expect(error.description.hasPrefix("cannot set subscribe([])"))
    #expect(throws: ZeroMQError.self) { try socket.set(.receiveHighWaterMark(-5)) }
  }

  @Test func sendingWithNobodyThereWouldBlock() throws {
    let socket = try Socket.forTest(.push, in: try Context())
    let error = try #require(throws: ZeroMQError.self) { try socket.send(bytes("x"), waiting: .never) }
    #expect(error.wouldBlock)
    #expect(!error.isTerminated)
  }

  @Test func fullQueueWouldBlock() throws {
    let context = try Context()
    let pull = try Socket.forTest(.pull, in: context, [.receiveHighWaterMark(2)])
    let push = try Socket.forTest(.push, in: context, [.sendHighWaterMark(3)])
    try push.connect(try pull.bind("inproc://full"))
    // Over inproc the queue holds as many as both sides' marks together.
    for number in 0..<5 { try push.send(bytes("\(number)"), waiting: .never) }
    let error = try #require(throws: ZeroMQError.self) { try push.send(bytes("5"), waiting: .never) }
    #expect(error.wouldBlock)
    for number in 0..<5 {
      let received = try pull.receive(waiting: .never)
      #expect(received == [bytes("\(number)")])
    }
  }

  @Test func routerKnowsWhomItDoesNotKnow() throws {
    let router = try Socket.forTest(.router, in: try Context(), [.routerMandatory(true)])
    try router.bind("inproc://router")
    let error = try #require(throws: ZeroMQError.self) { try router.send([bytes("nobody"), bytes("x")]) }
    #expect(error.description == "cannot send: Host unreachable")
  }
}
