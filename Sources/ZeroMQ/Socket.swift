internal import CZeroMQ

/// One libzmq socket, closed with its last reference.
///
/// Threading contract: a socket is created, used and closed on one thread. It is not `Sendable`, so the compiler
/// holds callers to that.
public final class Socket {
  public enum Kind: Sendable {
    case publish, subscribe, push, pull, request, reply, router, dealer, pair, extendedPublish

    var code: Int32 {
      switch self {
      case .publish: ZMQ_PUB
      case .subscribe: ZMQ_SUB
      case .push: ZMQ_PUSH
      case .pull: ZMQ_PULL
      case .request: ZMQ_REQ
      case .reply: ZMQ_REP
      case .router: ZMQ_ROUTER
      case .dealer: ZMQ_DEALER
      case .pair: ZMQ_PAIR
      case .extendedPublish: ZMQ_XPUB
      }
    }
  }

  /// Settings of a socket. Times are milliseconds, -1 waits without limit; set them before connecting.
  public enum Option: Sendable {
    case receiveHighWaterMark(Int)
    case sendHighWaterMark(Int)
    /// Peers that send a larger message are disconnected. Bytes.
    case maximumMessageSize(Int)
    case linger(Int)
    case receiveTimeout(Int)
    case sendTimeout(Int)
    /// Queue messages only for peers that are there.
    case immediate(Bool)
    /// An extended publisher that is told not to drop fails with `wouldBlock` at its high-water mark.
    case extendedPublishNoDrop(Bool)
    /// An extended publisher is told of every subscription, not only of the first to each prefix.
    case extendedPublishVerbose(Bool)
    /// A TCP connection whose peer takes nothing for so long is closed.
    case tcpMaximumRetransmit(Int)
    /// Sending to a peer that a router does not know is an error, not a silent loss.
    case routerMandatory(Bool)
    case ipv6(Bool)
    case subscribe([UInt8])
    /// Takes one earlier subscription to this prefix back.
    case unsubscribe([UInt8])
    case heartbeatInterval(Int)
    case heartbeatTimeout(Int)
    /// After which an attempt to connect is given up, and the next one made.
    case connectTimeout(Int)
    /// A peer that has not agreed on how to speak by then is disconnected.
    case handshakeTimeout(Int)
    /// A TCP connection over which nothing comes for `idle` seconds is probed, and closed where `probes` in a row, `interval` seconds
    /// apart, are not answered.
    case tcpKeepAlive(idle: Int, interval: Int, probes: Int)
    /// How many connections may wait to be accepted.
    case backlog(Int)
  }

  /// How long a call waits.
  public enum Waiting: Sendable {
    case never
    /// Up to the socket's time limit, or without limit.
    case allowed

    var flag: Int32 { self == .never ? ZMQ_DONTWAIT : 0 }
  }

  let handle: UnsafeMutableRawPointer
  // Keeps the context alive for as long as the socket is.
  private let context: Context

  /// - Throws: when the context is shut down or out of sockets.
  public init(_ kind: Kind, in context: Context) throws(ZeroMQError) {
    guard let handle = zmq_socket(context.handle, kind.code) else {
      throw .last("open a socket of kind", "\(kind)")
    }
    self.handle = handle
    self.context = context
  }

  deinit {
    zmq_close(handle)
  }

  /// - Throws: when libzmq does not know the option for this kind of socket, or the value is out of range.
  public func set(_ option: Option) throws(ZeroMQError) {
    switch option {
    case .receiveHighWaterMark(let messages): try set(ZMQ_RCVHWM, Int32(clamping: messages), option)
    case .sendHighWaterMark(let messages): try set(ZMQ_SNDHWM, Int32(clamping: messages), option)
    case .maximumMessageSize(let bytes): try set(ZMQ_MAXMSGSIZE, Int64(bytes), option)
    case .linger(let time): try set(ZMQ_LINGER, Int32(clamping: time), option)
    case .receiveTimeout(let time): try set(ZMQ_RCVTIMEO, Int32(clamping: time), option)
    case .sendTimeout(let time): try set(ZMQ_SNDTIMEO, Int32(clamping: time), option)
    case .immediate(let flag): try set(ZMQ_IMMEDIATE, Int32(flag ? 1 : 0), option)
    case .extendedPublishNoDrop(let flag): try set(ZMQ_XPUB_NODROP, Int32(flag ? 1 : 0), option)
    case .extendedPublishVerbose(let flag): try set(ZMQ_XPUB_VERBOSE, Int32(flag ? 1 : 0), option)
    case .tcpMaximumRetransmit(let time): try set(ZMQ_TCP_MAXRT, Int32(clamping: time), option)
    case .routerMandatory(let flag): try set(ZMQ_ROUTER_MANDATORY, Int32(flag ? 1 : 0), option)
    case .ipv6(let flag): try set(ZMQ_IPV6, Int32(flag ? 1 : 0), option)
    case .heartbeatInterval(let time): try set(ZMQ_HEARTBEAT_IVL, Int32(clamping: time), option)
    case .heartbeatTimeout(let time): try set(ZMQ_HEARTBEAT_TIMEOUT, Int32(clamping: time), option)
    case .connectTimeout(let time): try set(ZMQ_CONNECT_TIMEOUT, Int32(clamping: time), option)
    case .handshakeTimeout(let time): try set(ZMQ_HANDSHAKE_IVL, Int32(clamping: time), option)
    case .tcpKeepAlive(let idle, let interval, let probes):
      try set(ZMQ_TCP_KEEPALIVE, Int32(1), option)
      try set(ZMQ_TCP_KEEPALIVE_IDLE, Int32(clamping: idle), option)
      try set(ZMQ_TCP_KEEPALIVE_INTVL, Int32(clamping: interval), option)
      try set(ZMQ_TCP_KEEPALIVE_CNT, Int32(clamping: probes), option)
    case .backlog(let connections): try set(ZMQ_BACKLOG, Int32(clamping: connections), option)
    case .subscribe(let prefix): try set(ZMQ_SUBSCRIBE, prefix, option)
    case .unsubscribe(let prefix): try set(ZMQ_UNSUBSCRIBE, prefix, option)
    }
  }

  private func set(_ code: Int32, _ prefix: [UInt8], _ option: Option) throws(ZeroMQError) {
    let result = prefix.withUnsafeBytes { zmq_setsockopt(handle, code, $0.baseAddress, $0.count) }
    if result != 0 { throw .last("set", "\(option)") }
  }

  private func set<Value: FixedWidthInteger>(
    _ code: Int32, _ value: Value, _ option: Option
  ) throws(ZeroMQError) {
    var value = value
    if zmq_setsockopt(handle, code, &value, MemoryLayout<Value>.size) != 0 { throw .last("set", "\(option)") }
  }

  /// Binds and returns the endpoint in full, with the port that a `*` stood for.
  ///
  /// - Throws: when the endpoint is malformed, taken, or not allowed.
  @discardableResult
  public func bind(_ endpoint: String) throws(ZeroMQError) -> String {
    if zmq_bind(handle, endpoint) != 0 { throw .last("bind", endpoint) }
    return try lastEndpoint()
  }

  /// Starts connecting; the connection comes up in the background, whenever the peer is there.
  ///
  /// - Throws: when the endpoint is malformed.
  public func connect(_ endpoint: String) throws(ZeroMQError) {
    if zmq_connect(handle, endpoint) != 0 { throw .last("connect to", endpoint) }
  }

  /// Stops listening. What the socket has already received stays receivable.
  public func unbind(_ endpoint: String) throws(ZeroMQError) {
    if zmq_unbind(handle, endpoint) != 0 { throw .last("unbind", endpoint) }
  }

  private func lastEndpoint() throws(ZeroMQError) -> String {
    var name = [CChar](repeating: 0, count: 1024)
    var size = name.count
    if zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &name, &size) != 0 { throw .last("read the endpoint") }
    return String(decoding: name.prefix(while: { $0 != 0 }).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Sends one message of one or more frames.
  ///
  /// - Throws: `wouldBlock` at the high-water mark when waiting is not allowed or took longer than the limit.
  public func send(_ frames: [[UInt8]], waiting: Waiting = .allowed) throws(ZeroMQError) {
    for (position, frame) in frames.enumerated() {
      try send(frame, more: position + 1 < frames.count, waiting: waiting)
    }
  }

  /// Sends one frame; with `more`, further frames of the same message follow.
  public func send(_ frame: [UInt8], more: Bool = false, waiting: Waiting = .allowed) throws(ZeroMQError) {
    try send(frame.span, more: more, waiting: waiting)
  }

  /// Sends one frame; with `more`, further frames of the same message follow.
  public func send(_ frame: Span<UInt8>, more: Bool = false, waiting: Waiting = .allowed) throws(ZeroMQError) {
    let flags = waiting.flag | (more ? ZMQ_SNDMORE : 0)
    while true {
      let sent = frame.withUnsafeBufferPointer { zmq_send(handle, $0.baseAddress, $0.count, flags) }
      if sent >= 0 { return }
      let error = ZeroMQError.last("send")
      if error.code != ZeroMQError.interrupted { throw error }
    }
  }

  /// Receives one whole message and copies it out. For paths that are not hot.
  ///
  /// - Returns: the frames, or nil when nothing is there and waiting is not allowed or took longer than the limit.
  public func receive(waiting: Waiting = .allowed) throws(ZeroMQError) -> [[UInt8]]? {
    let frame = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)
    zmq_msg_init(frame)
    defer {
      zmq_msg_close(frame)
      frame.deallocate()
    }
    var frames: [[UInt8]] = []
    while true {
      // libzmq delivers the frames of a message together: only the first can be waited for.
      if zmq_msg_recv(frame, handle, frames.isEmpty ? waiting.flag : 0) < 0 {
        let error = ZeroMQError.last("receive")
        if error.code == ZeroMQError.interrupted { continue }
        if error.wouldBlock { return nil }
        throw error
      }
      frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(frame), count: zmq_msg_size(frame))))
      if zmq_msg_more(frame) == 0 { return frames }
    }
  }
}
