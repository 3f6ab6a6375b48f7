internal import CZeroMQ

/// The libzmq context: its input and output threads, and the names that `inproc://` endpoints share.
///
/// A context may be used from every thread; its sockets may not (see `Socket`). It is torn down when the last
/// reference to it goes; every socket holds one, so none outlives it.
public final class Context: Sendable {
  // libzmq's contexts are thread-safe; the pointer never changes.
  nonisolated(unsafe) let handle: UnsafeMutableRawPointer

  /// - Parameter sockets: how many there may be; nil for libzmq's default, 1023.
  /// - Throws: when the process is out of memory or descriptors.
  public init(sockets: Int? = nil) throws(ZeroMQError) {
    guard let handle = zmq_ctx_new() else { throw .last("create a context") }
    self.handle = handle
    if let sockets, zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, Int32(clamping: sockets)) != 0 {
      throw .last("allow \(sockets) sockets")
    }
  }

  /// Makes every blocking call on every socket of this context fail with `isTerminated`.
  public func shutdown() {
    zmq_ctx_shutdown(handle)
  }

  deinit {
    while zmq_ctx_term(handle) != 0, zmq_errno() == ZeroMQError.interrupted {}
  }
}
