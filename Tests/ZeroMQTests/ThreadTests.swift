import Testing
import ZeroMQ

/// What happens between threads: wake-ups, and the end of a context.
@Suite(.timeLimit(.minutes(1))) struct ThreadTests {
  @Test func wakeUpEndsAWaitOnAnotherThread() throws {
    let context = try Context()
    let wake = try WakeUp()
    let pull = try Socket.forTest(.pull, in: context)
    try pull.bind("inproc://poll")
    let poller = Poller([pull], wake: wake)
    #expect(try !poller.wait(milliseconds: 0))

    for _ in 0..<100 {
      let signaller = OwnedThread { wake.signal() }
      #expect(try poller.wait(milliseconds: -1))
      signaller.join()
      // It was the signal, not a message.
      let message = try pull.receive(waiting: .never)
      #expect(message == nil)
      wake.clear()
      #expect(try !poller.wait(milliseconds: 0))
    }
  }

  @Test func signalsBeforeClearAreOne() throws {
    let wake = try WakeUp()
    let poller = Poller([], wake: wake)
    for _ in 0..<3 { wake.signal() }
    #expect(try poller.wait(milliseconds: -1))
    // The signal stays until it is taken back.
    #expect(try poller.wait(milliseconds: 0))
    wake.clear()
    #expect(try !poller.wait(milliseconds: 0))
    // Nothing to take back is no harm.
    wake.clear()
    wake.signal()
    #expect(try poller.wait(milliseconds: 0))
  }

  @Test func pollerKeepsItsWakeUp() throws {
    var wake: WakeUp? = try WakeUp()
    weak let watched = wake
    let poller = Poller([], wake: wake)
    wake = nil
    // Were its descriptor closed, the poller would wait for whatever opens next under the same number.
    #expect(watched != nil)
    #expect(try !poller.wait(milliseconds: 0))
  }

  @Test func messageEndsAWait() throws {
    let context = try Context()
    let pulls = try (0..<3).map { _ in try Socket.forTest(.pull, in: context) }
    for (number, pull) in pulls.enumerated() { try pull.bind("inproc://\(number)") }
    let poller = Poller(pulls, wake: try WakeUp())
    #expect(try !poller.wait(milliseconds: 0))
    let sender = OwnedThread { () -> Bool in
      do {
        // Not one that drops what is unread: it closes as soon as it has sent.
        let push = try Socket(.push, in: context)
        try push.connect("inproc://2")
        try push.send(bytes("x"))
        return true
      } catch {
        return false
      }
    }
    #expect(try poller.wait(milliseconds: 10_000))
    let received = try pulls.map { try $0.receive(waiting: .never) }
    #expect(received == [nil, nil, [bytes("x")]])
    #expect(sender.join())
  }

  /// How a thread's work on its sockets ended.
  private enum Ending: Equatable {
    case error(ZeroMQError)
    case returned
  }

  @Test(arguments: [false, true])
  func shutdownEndsABlockedThread(polling: Bool) throws {
    let context = try Context()
    let pull = try Socket.forTest(.pull, in: context)
    try pull.bind("inproc://ready")
    let blocked = OwnedThread { () -> Ending in
      do throws(ZeroMQError) {
        // This one has no time limit: only the shutdown can end its wait.
        let socket = try Socket(.pull, in: context)
        try socket.bind("inproc://blocked")
        let push = try Socket.forTest(.push, in: context)
        try push.connect("inproc://ready")
        try push.send(bytes("about to block"))
        if polling { _ = try Poller([socket]).wait(milliseconds: -1) } else { _ = try socket.receive() }
        return .returned
      } catch {
        return .error(error)
      }
    }
    let ready = try pull.receive()
    #expect(ready == [bytes("about to block")])
    context.shutdown()
    guard case .error(let error) = blocked.join() else {
      Issue.record("the call returned without an error")
      return
    }
    #expect(error.isTerminated, "\(error)")
    #expect(!error.wouldBlock)
    // Everything else on the context is over as well.
    let here = #expect(throws: ZeroMQError.self) { try pull.receive() }
    #expect(here?.isTerminated == true)
    let opening = #expect(throws: ZeroMQError.self) { _ = try Socket(.pull, in: context) }
    #expect(opening?.isTerminated == true)
  }

  @Test func contextLivesAsLongAsItsSockets() throws {
    var context: Context? = try Context()
    weak let watched = context
    var socket: Socket? = try Socket.forTest(.pull, in: try #require(context))
    context = nil
    #expect(watched != nil)
    try socket?.bind("inproc://alive")
    socket = nil
    #expect(watched == nil)
  }
}
