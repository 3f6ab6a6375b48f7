internal import CZeroMQ

/// A message that can be sent any number of times. Its bytes are in memory once, in whatever queues it waits.
///
/// Belongs to one thread; the queues that it waits in do not.
public final class SharedMessage {
  private let frames: UnsafeMutablePointer<zmq_msg_t>
  private let count: Int
  /// Of all frames.
  public let byteCount: Int

  /// - Throws: when memory is short.
  public init(_ frames: [[UInt8]]) throws(ZeroMQError) {
    self.frames = .allocate(capacity: frames.count)
    count = frames.count
    byteCount = frames.reduce(0) { $0 + $1.count }
    for frame in frames.indices { zmq_msg_init(self.frames + frame) }
    for (frame, bytes) in frames.enumerated() {
      if zmq_msg_init_size(self.frames + frame, bytes.count) != 0 {
        let error = ZeroMQError.last("make room for a message")
        // The end of this object closes it, which takes one that holds together.
        zmq_msg_init(self.frames + frame)
        throw error
      }
      bytes.withUnsafeBytes { source in
        // Both are of the same size, and one without bytes may have no address.
        guard let source = source.baseAddress else { return }
        zmq_msg_data(self.frames + frame)?.copyMemory(from: source, byteCount: bytes.count)
      }
    }
  }

  deinit {
    for frame in 0..<count { zmq_msg_close(frames + frame) }
    frames.deallocate()
  }

  fileprivate func send(on handle: UnsafeMutableRawPointer) throws(ZeroMQError) {
    let copy = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
    zmq_msg_init(copy)
    defer {
      zmq_msg_close(copy)
      copy.deallocate()
    }
    for frame in 0..<count {
      if zmq_msg_copy(copy, frames + frame) != 0 { throw .last("share a message") }
      while zmq_msg_send(copy, handle, frame + 1 < count ? ZMQ_SNDMORE : 0) < 0 {
        let error = ZeroMQError.last("send")
        if error.code != ZeroMQError.interrupted { throw error }
      }
    }
  }
}

extension Socket {
  /// Sends a message that may be sent again.
  ///
  /// - Throws: `isTerminated` when the context was shut down.
  public func send(_ message: SharedMessage) throws(ZeroMQError) {
    try message.send(on: handle)
  }
}
