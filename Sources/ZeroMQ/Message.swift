internal import CZeroMQ

/// A received message, its frames lent in place.
///
/// One `Message` is meant to be reused for many receives: the frames' `zmq_msg_t` stay where they are on the
/// heap, because libzmq keeps small payloads inside that struct.
public final class Message {
  /// How many frames the last received message had; those past `capacity` were dropped.
  public private(set) var count = 0
  public let capacity: Int
  let frames: UnsafeMutablePointer<zmq_msg_t>
  /// Where the kept frames' bytes are, while they are lent.
  private let lent: UnsafeMutablePointer<UnsafeRawBufferPointer>

  /// - Parameter capacity: how many frames to keep; a message of more still counts all of them.
  public init(capacity: Int = 16) {
    self.capacity = max(capacity, 1)
    frames = .allocate(capacity: self.capacity + 1)
    for frame in 0...self.capacity { zmq_msg_init(frames + frame) }
    lent = .allocate(capacity: self.capacity)
    lent.initialize(repeating: UnsafeRawBufferPointer(start: nil, count: 0), count: self.capacity)
  }

  deinit {
    for frame in 0...capacity { zmq_msg_close(frames + frame) }
    frames.deallocate()
    lent.deallocate()
  }

  /// Receives the next message, all its frames.
  ///
  /// - Returns: false when nothing is there and waiting is not allowed or took longer than the socket's limit.
  /// - Throws: `isTerminated` when the context was shut down.
  public func receive(from socket: Socket, waiting: Socket.Waiting = .allowed) throws(ZeroMQError) -> Bool {
    count = 0
    while true {
      // The slot past the end takes, one after the other, the frames that do not fit.
      let slot = frames + min(count, capacity)
      // libzmq delivers the frames of a message together: only the first can be waited for.
      let flag = count == 0 ? waiting.flag : 0
      if zmq_msg_recv(slot, socket.handle, flag) < 0 {
        let error = ZeroMQError.last("receive")
        if error.code == ZeroMQError.interrupted { continue }
        if error.wouldBlock { return false }
        throw error
      }
      count += 1
      if zmq_msg_more(slot) == 0 { return true }
    }
  }

  /// Lends the bytes of one frame for the length of the call.
  ///
  /// - Precondition: `frame` is below both `count` and `capacity`.
  public func withFrame<Result, Failure: Error>(
    _ frame: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(frame >= 0 && frame < min(count, capacity), "the message has no frame \(frame)")
    let bytes = UnsafeRawBufferPointer(
      start: zmq_msg_data(frames + frame), count: zmq_msg_size(frames + frame))
    // The frame's memory is not touched before the next receive, which needs this object again.
    return try body(Span<UInt8>(_unsafeBytes: bytes))
  }

  /// Lends the bytes of all kept frames from `first` on, for the length of the call.
  public func withFrames<Result, Failure: Error>(
    from first: Int = 0, _ body: (Span<UnsafeRawBufferPointer>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let kept = min(count, capacity)
    for frame in 0..<kept {
      lent[frame] = UnsafeRawBufferPointer(
        start: zmq_msg_data(frames + frame), count: zmq_msg_size(frames + frame))
    }
    let start = min(max(first, 0), kept)
    // As for one frame; and the list of them is written by this object only.
    return try body(Span(_unsafeStart: lent + start, count: kept - start))
  }

  /// A copy of one frame, empty for a frame that was dropped or is not there.
  public func copy(_ frame: Int) -> [UInt8] {
    guard frame >= 0, frame < min(count, capacity) else { return [] }
    return withFrame(frame) { bytes in bytes.withUnsafeBufferPointer { Array($0) } }
  }

  /// Sends the first kept frames as the first of another message, of which more frames have to follow.
  ///
  /// - Parameter count: how many.
  /// - Throws: `wouldBlock` at the high-water mark when waiting is not allowed or took longer than the limit.
  public func send(first count: Int, over socket: Socket, waiting: Socket.Waiting) throws(ZeroMQError) {
    for frame in 0..<count {
      try withFrame(frame) { (bytes) throws(ZeroMQError) in try socket.send(bytes, more: true, waiting: waiting) }
    }
  }

  /// The number of bytes in all kept frames.
  public var byteCount: Int {
    (0..<min(count, capacity)).reduce(0) { $0 + zmq_msg_size(frames + $1) }
  }
}
