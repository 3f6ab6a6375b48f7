internal import Synchronization
internal import WhittleProtocol
internal import ZeroMQ

/// What the tasks of a connection's users hand over to its thread. May be used from every thread.
final class Mailbox: Sendable {
  /// Where questions and messages go.
  enum Link: Sendable { case query, router, push }

  enum Command: Sendable {
    case ask(OutstandingQuestions.Question, over: Link, Call<[[UInt8]]>)
    case forget(UInt64, over: Link)
    case subscribe(Subscription, id: UInt64)
    case unsubscribe(id: UInt64)
    /// Have the last value of a topic come again.
    case renew(Topic)
  }

  private struct State {
    var commands: [Command] = []
    var lastID: UInt64 = 0
    var isClosing = false
    /// Why nothing is taken in any more.
    var end: ClientError?
    var hasEnded = false
    var closers: [Call<Void>] = []
  }

  let wake: WakeUp
  private let state = Mutex(State())
  private let start = ContinuousClock.now

  init() throws(ZeroMQError) {
    wake = try WakeUp()
  }

  /// Milliseconds since the mailbox was made.
  var now: Int { start.duration(to: .now).wholeMilliseconds }

  // The users' side

  /// - Parameter make: makes the command; ids grow in the order in which commands are taken.
  /// - Returns: its id.
  /// - Throws: why nothing is taken in any more.
  @discardableResult
  func post(_ make: (UInt64) -> Command) throws(ClientError) -> UInt64 {
    let (id, isFirst, end) = state.withLock { state -> (UInt64, Bool, ClientError?) in
      if state.isClosing || state.end != nil { return (0, false, state.end ?? .closed) }
      state.lastID += 1
      state.commands.append(make(state.lastID))
      return (state.lastID, state.commands.count == 1, nil)
    }
    if let end { throw end }
    // With others before it the signal is given already.
    if isFirst { wake.signal() }
    return id
  }

  /// Has the thread end.
  func close() {
    state.withLock { $0.isClosing = true }
    wake.signal()
  }

  /// Waits until the thread has let go of all that it held.
  func waitForEnd() async {
    let call = Call<Void>()
    let hasEnded = state.withLock { state in
      if !state.hasEnded { state.closers.append(call) }
      return state.hasEnded
    }
    if hasEnded { call.end(.success(())) }
    _ = await call.outcome()
  }

  // The thread's side

  /// What was posted since the last time, and whether to end.
  func take() -> (commands: [Command], isClosing: Bool) {
    wake.clear()
    return state.withLock { state in
      defer { state.commands = [] }
      return (state.commands, state.isClosing)
    }
  }

  /// Nothing is taken in from now on.
  ///
  /// - Returns: what was posted before.
  func shut(_ reason: ClientError) -> [Command] {
    state.withLock { state in
      state.end = reason
      defer { state.commands = [] }
      return state.commands
    }
  }

  /// The thread has let go of all that it held.
  func ended() {
    let closers = state.withLock { state in
      state.hasEnded = true
      defer { state.closers = [] }
      return state.closers
    }
    for closer in closers { closer.end(.success(())) }
  }
}

extension Duration {
  /// Rounded down; what no Int can hold becomes a number of years that nobody lives to see.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    let limit: Int64 = 1_000_000_000_000
    return Int(min(max(seconds, -limit), limit)) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }
}
