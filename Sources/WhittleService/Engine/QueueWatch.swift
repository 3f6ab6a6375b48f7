internal import ZeroMQ

/// How long it can have taken at most from a message's arrival until it was learned: since its socket was last seen empty. A pure
/// state machine: it is told the time.
///
/// A socket does not tell since when a message has been in it. One that is never seen empty again has a backlog, and then the
/// time that this tells is how long it has had it.
struct QueueWatch {
  private var emptied: [(socket: ObjectIdentifier, time: Double)]

  init(_ sockets: [Socket], now: Double) {
    emptied = sockets.map { (ObjectIdentifier($0), now) }
  }

  /// Messages were taken from a socket and learned.
  ///
  /// - Parameter isEmpty: whether it had no more.
  /// - Returns: how long it took for any of them, at most; nil where there were none.
  mutating func took(_ count: Int, from socket: Socket, isEmpty: Bool, now: Double) -> Double? {
    guard let place = emptied.firstIndex(where: { $0.socket == ObjectIdentifier(socket) }) else { return nil }
    let seconds = count > 0 ? now - emptied[place].time : nil
    if isEmpty { emptied[place].time = now }
    return seconds
  }

  /// The engine had waited for any of these, and one of them has a message since just now.
  mutating func waited(for sockets: [Socket], now: Double) {
    for socket in sockets { _ = took(0, from: socket, isEmpty: true, now: now) }
  }
}
