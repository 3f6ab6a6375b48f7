internal import Glibc
internal import ZeroMQ

/// The thread that owns all sockets of a connection, reached through its mailbox.
enum ConnectionThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts it. It ends when the mailbox is closed.
  ///
  /// - Throws: `failed` when the operating system starts no more threads.
  static func start(
    _ mailbox: Mailbox, _ endpoints: WhittleConnection.Endpoints, _ limits: WhittleConnection.Limits
  ) throws(ClientError) {
    let body = Unmanaged.passRetained(
      Body {
        serve(mailbox, endpoints, limits)
        // Sockets and context went with the function above.
        mailbox.ended()
      })
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        // The argument is the body retained above, and this thread is the only one that takes it.
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, body.toOpaque())
    guard code == 0 else {
      body.release()
      throw .failed(reason: "cannot start a thread: \(String(cString: strerror(code)))")
    }
    pthread_detach(thread)
  }

  private static func serve(
    _ mailbox: Mailbox, _ endpoints: WhittleConnection.Endpoints, _ limits: WhittleConnection.Limits
  ) {
    do {
      ConnectionLoop(mailbox, endpoints, limits, in: try Context()).run()
    } catch {
      for command in mailbox.shut(.failed(reason: "\(error)")) { command.end(.failed(reason: "\(error)")) }
    }
  }
}

extension Mailbox.Command {
  /// Tells whoever waits that it will not be done.
  func end(_ reason: ClientError) {
    switch self {
    case .ask(_, _, let call): call.end(.failure(reason))
    case .subscribe(let subscription, _): subscription.end(reason == .closed ? nil : reason)
    case .forget, .unsubscribe: break
    }
  }
}

/// What the thread does, over and over: take what was posted, give each link its turn, wait.
private final class ConnectionLoop {
  private let mailbox: Mailbox
  private let query: QuestionLink
  private let router: QuestionLink
  private let push: PushLink
  private let subscriptions: SubscriptionLink

  init(
    _ mailbox: Mailbox, _ endpoints: WhittleConnection.Endpoints, _ limits: WhittleConnection.Limits,
    in context: Context
  ) {
    self.mailbox = mailbox
    query = QuestionLink(endpoints.query, window: limits.unanswered, in: context)
    router = QuestionLink(endpoints.router, window: limits.unanswered, in: context)
    push = PushLink(
      endpoints.push, highWaterMark: max(limits.queued, 1), linger: max(limits.lingering.wholeMilliseconds, 0),
      in: context)
    subscriptions = SubscriptionLink(endpoints.publish, in: context)
  }

  func run() {
    var reason = ClientError.closed
    do throws(ZeroMQError) {
      while try turn() {}
    } catch {
      reason = .failed(reason: "\(error)")
    }
    for command in mailbox.shut(reason) { command.end(reason) }
    query.end(reason)
    router.end(reason)
    push.end(reason)
    subscriptions.end(reason)
  }

  /// - Returns: whether there will be another.
  private func turn() throws(ZeroMQError) -> Bool {
    let (commands, isClosing) = mailbox.take()
    let now = mailbox.now
    for command in commands { try perform(command) }
    // What was sent before the end is handed over where there is room; questions are not worth asking any more.
    try push.turn(now: now)
    if isClosing { return false }
    try query.turn(now: now)
    try router.turn(now: now)
    try subscriptions.turn()
    let deadline = [query.deadline, router.deadline, push.deadline].compactMap { $0 }.min()
    _ = try Poller(
      query.sockets + router.sockets + subscriptions.sockets, room: push.full, wake: mailbox.wake
    ).wait(milliseconds: deadline.map { min(max($0 - mailbox.now, 0), 3_600_000) } ?? -1)
    return true
  }

  private func perform(_ command: Mailbox.Command) throws(ZeroMQError) {
    switch command {
    case .ask(let question, .query, let call): query.ask(question, call)
    case .ask(let question, .router, let call): router.ask(question, call)
    case .ask(let question, .push, let call): push.send(question, call)
    case .forget(let id, .query): query.forget(id)
    case .forget(let id, .router): router.forget(id)
    case .forget(let id, .push): push.forget(id)
    case .subscribe(let subscription, let id): try subscriptions.add(subscription, id: id)
    case .unsubscribe(let id): try subscriptions.remove(id)
    }
  }
}
