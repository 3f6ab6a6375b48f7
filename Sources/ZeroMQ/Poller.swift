internal import CZeroMQ

/// Waits for any of several sockets to have a message, or room for one, or for a wake-up from another thread.
///
/// Belongs to the thread that owns the sockets.
public final class Poller {
  private var items: [zmq_pollitem_t]
  // The sockets, and the wake-up with its descriptor, must outlive the items that point at them.
  private let sockets: [Socket]
  private let wake: WakeUp?

  /// - Parameters:
  ///   - sockets: a message that can be received from one of these ends a wait.
  ///   - room: so does room for a message in one of these.
  ///   - wake: when given, its signal ends a wait too.
  public init(_ sockets: [Socket], room: [Socket] = [], wake: WakeUp? = nil) {
    self.sockets = sockets + room
    self.wake = wake
    items = sockets.map { zmq_pollitem_t(socket: $0.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0) }
    items += room.map { zmq_pollitem_t(socket: $0.handle, fd: 0, events: Int16(ZMQ_POLLOUT), revents: 0) }
    if let wake {
      items.append(zmq_pollitem_t(socket: nil, fd: wake.descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
    }
  }

  /// Waits until a message or a signal is there, at most `milliseconds` (-1: without limit).
  ///
  /// - Returns: whether anything is there.
  /// - Throws: `isTerminated` when the context was shut down.
  public func wait(milliseconds: Int) throws(ZeroMQError) -> Bool {
    let ready = zmq_poll(&items, Int32(items.count), milliseconds)
    if ready >= 0 { return ready > 0 }
    let error = ZeroMQError.last("poll")
    if error.code == ZeroMQError.interrupted { return false }
    throw error
  }
}
