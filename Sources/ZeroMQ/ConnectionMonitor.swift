internal import CZeroMQ

/// Tells when a socket's connections come up and break.
///
/// Belongs to the thread that owns the socket. Events come shortly after what they tell of: by then messages may have been sent
/// over a newer connection.
public final class ConnectionMonitor {
  public enum Event: Sendable, Equatable {
    /// A connection is up, and messages pass.
    case connected
    case disconnected
  }

  /// What the events come from, for a poller to wait on.
  public let socket: Socket
  private let watched: Socket

  /// - Throws: when the context is shut down or out of sockets, or another monitor watches the socket.
  public init(of watched: Socket, in context: Context) throws(ZeroMQError) {
    self.watched = watched
    // One socket, one monitor: the name is nobody else's in this context.
    let endpoint = "inproc://monitor-\(UInt(bitPattern: watched.handle))"
    if zmq_socket_monitor(watched.handle, endpoint, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED) != 0 {
      throw .last("monitor a socket")
    }
    socket = try Socket(.pair, in: context)
    try socket.set(.linger(0))
    try socket.connect(endpoint)
  }

  deinit {
    zmq_socket_monitor(watched.handle, nil, 0)
  }

  /// The next event that is there; nil for none.
  public func next() throws(ZeroMQError) -> Event? {
    while let frames = try socket.receive(waiting: .never) {
      // The first frame: 16 bits that say what happened, in this machine's order, and 32 of detail.
      guard let first = frames.first, first.count >= 2 else { continue }
      switch Int32(first.withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) }) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .connected
      case ZMQ_EVENT_DISCONNECTED: return .disconnected
      default: continue
      }
    }
    return nil
  }
}
