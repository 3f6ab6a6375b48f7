internal import CZeroMQ
internal import Glibc

/// Tells of the connections that peers make to a socket, and of those that do not come up.
///
/// Belongs to one thread, which need not be the socket's.
public final class ListenerMonitor {
  /// Where the events come from. The socket's thread makes it, before it binds.
  public struct Source: Sendable {
    fileprivate let endpoint: String
    fileprivate let context: Context

    /// - Throws: when the context is shut down or out of sockets, or another monitor watches the socket.
    public init(_ watched: Socket, in context: Context) throws(ZeroMQError) {
      self.context = context
      endpoint = "inproc://listener-\(UInt(bitPattern: watched.handle))"
      let events =
        ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
        | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
      if zmq_socket_monitor(watched.handle, endpoint, events) != 0 { throw .last("monitor a socket") }
    }
  }

  /// Why a connection did not come up.
  public enum Failure: Sendable, Equatable {
    /// The peer does not speak CURVE where it should, or does where it should not.
    case mechanism
    /// What it sent is encrypted with another key than this side's.
    case encryption
    /// It does not keep to the protocol.
    case `protocol`
    /// The authenticator did not let it in.
    case authentication
    /// It said nothing for too long, or went away.
    case silence
  }

  public enum Event: Sendable, Equatable {
    case accepted(Connection)
    /// A connection was not accepted, for lack of descriptors or memory.
    case acceptFailed
    /// Some connection is up, and messages pass.
    case established
    /// Some connection did not come up, and is about to end.
    case refused(Failure)
    case ended(Connection)
  }

  /// A connection, for as long as it is there: later its descriptor may be another's.
  public struct Connection: Sendable, Hashable {
    public let descriptor: Int32
    /// Where this side listens.
    public let endpoint: String

    public init(descriptor: Int32, endpoint: String) {
      self.descriptor = descriptor
      self.endpoint = endpoint
    }

    /// Ends it; libzmq notices that, and closes it. Where another connection to the same endpoint has its descriptor by now, that
    /// one ends in its place, and its peer connects again; nothing else is touched.
    ///
    /// - Returns: whether there was anything to end.
    @discardableResult
    public func end() -> Bool {
      guard endpoint == localEndpoint(of: descriptor, as: endpoint) else { return false }
      return Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) == 0
    }
  }

  /// For a poller to wait on.
  public let socket: Socket

  public init(_ source: Source) throws(ZeroMQError) {
    socket = try Socket(.pair, in: source.context)
    try socket.set(.linger(0))
    // Where events wait for room, the thread waits that all connections are served by.
    try socket.set(.receiveHighWaterMark(0))
    try socket.connect(source.endpoint)
  }

  /// The next event that is there; nil for none.
  public func next() throws(ZeroMQError) -> Event? {
    while let frames = try socket.receive(waiting: .never) {
      // 16 bits that say what happened, in this machine's order, and 32 of detail; then the endpoint.
      guard frames.count >= 2, frames[0].count >= 6 else { continue }
      let (kind, detail) = frames[0].withUnsafeBytes {
        (Int32($0.loadUnaligned(as: UInt16.self)), $0.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
      }
      let connection = Connection(
        descriptor: Int32(bitPattern: detail), endpoint: String(decoding: frames[1], as: UTF8.self))
      switch kind {
      case ZMQ_EVENT_ACCEPTED: return .accepted(connection)
      case ZMQ_EVENT_ACCEPT_FAILED: return .acceptFailed
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .established
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .refused(.authentication)
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return .refused(.silence)
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return .refused(ListenerMonitor.failure(Int32(bitPattern: detail)))
      case ZMQ_EVENT_DISCONNECTED: return .ended(connection)
      default: continue
      }
    }
    return nil
  }

  private static func failure(_ code: Int32) -> Failure {
    switch code {
    case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: .mechanism
    case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: .encryption
    default: .protocol
    }
  }
}

/// The endpoint that a connection's own address is at, as the given one is written; nil where it is at another.
private func localEndpoint(of descriptor: Int32, as endpoint: String) -> String? {
  var address = sockaddr_storage()
  var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
  let result = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
  }
  guard result == 0 else { return nil }
  let family = Int32(address.ss_family)
  let bytes = withUnsafeBytes(of: address) { Array($0.prefix(Int(size))) }
  switch family {
  case AF_INET, AF_INET6:
    // Both have the port in the same place, the higher byte first; addresses may be written in several ways.
    guard bytes.count >= 4, endpoint.hasPrefix("tcp://") else { return nil }
    return endpoint.hasSuffix(":\(Int(bytes[2]) << 8 | Int(bytes[3]))") ? endpoint : nil
  case AF_UNIX:
    let path = bytes.dropFirst(2)
    // Abstract names begin with NUL, and are written with @.
    let name =
      path.first == 0
      ? "@" + String(decoding: path.dropFirst(), as: UTF8.self)
      : String(decoding: path.prefix { $0 != 0 }, as: UTF8.self)
    return endpoint == "ipc://\(name)" ? endpoint : nil
  default: return nil
  }
}
