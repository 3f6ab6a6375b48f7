internal import OperatingThreads
internal import ZeroMQ

/// The thread that owns all sockets of a connection, reached through its mailbox.
enum ConnectionThread {
  /// Starts it. It ends when the mailbox is closed.
  ///
  /// - Throws: `failed` when the operating system starts no more threads.
  static func start(
    _ mailbox: Mailbox, _ endpoints: WhittleConnection.Endpoints, _ limits: WhittleConnection.Limits,
    _ keys: ClientKeys?
  ) throws(ClientError) {
    do throws(OperatingThread.Failure) {
      let thread = try OperatingThread(named: "whittle-client") {
        serve(mailbox, endpoints, limits, keys)
        // Sockets and context went with the function above.
        mailbox.ended()
      }
      thread.detach()
    } catch {
      throw .failed(reason: "\(error)")
    }
  }

  private static func serve(
    _ mailbox: Mailbox, _ endpoints: WhittleConnection.Endpoints, _ limits: WhittleConnection.Limits,
    _ keys: ClientKeys?
  ) {
    do {
      ConnectionLoop(mailbox, endpoints, limits, keys, in: try Context()).run()
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
    case .forget, .unsubscribe, .renew: break
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
    _ keys: ClientKeys?, in context: Context
  ) {
    self.mailbox = mailbox
    query = QuestionLink(endpoints.query, window: limits.unanswered, keys: keys, in: context)
    router = QuestionLink(endpoints.router, window: limits.unanswered, keys: keys, in: context)
    push = PushLink(
      endpoints.push, highWaterMark: max(limits.queued, 1), linger: max(limits.lingering.wholeMilliseconds, 0),
      keys: keys, in: context)
    subscriptions = SubscriptionLink(endpoints.publish, keys: keys, in: context)
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
    case .renew(let topic): try subscriptions.renew(topic)
    }
  }
}
