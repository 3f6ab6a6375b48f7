internal import CZeroMQ

/// Who a received message is from.
extension Message {
  /// The public key of its sender in Z85; nil where the connection is not one that an authenticator admitted.
  public var sender: String? {
    guard count > 0 else { return nil }
    // The last frame was received from the network; the first may have been made by libzmq.
    guard let user = zmq_msg_gets(frames + min(count, capacity) - 1, "User-Id") else { return nil }
    let text = String(cString: user)
    return text.isEmpty ? nil : text
  }

  /// The descriptor of the connection that it came over; nil where libzmq does not know it. The connection may be gone by now, and the
  /// descriptor another's.
  public var descriptor: Int32? {
    guard count > 0 else { return nil }
    let descriptor = zmq_msg_get(frames + min(count, capacity) - 1, ZMQ_SRCFD)
    return descriptor < 0 ? nil : Int32(descriptor)
  }
}
