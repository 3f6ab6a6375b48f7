internal import SampleFormats
internal import ZeroMQ

/// The sockets that samples come in by: one SUB, one PULL, each with all of its endpoints.
///
/// Belongs to the engine's thread.
struct IngestSockets {
  private(set) var sockets: [Socket] = []
  /// By setting, in full.
  private(set) var endpoints: [String: [String]] = [:]
  private var bound: [(socket: Socket, endpoint: String)] = []

  /// - Throws: the setting's key and libzmq's reason.
  init(_ settings: Settings, in context: Context) throws(DaemonError) {
    let ingest = settings.ingest
    if !(ingest.subBind + ingest.subConnect).isEmpty {
      let socket = try IngestSockets.open(.subscribe, settings, in: context)
      do throws(ZeroMQError) {
        for topic in ingest.subTopics { try socket.set(.subscribe(Array(topic.utf8))) }
      } catch {
        throw .endpoint(key: "ingest.sub.topics", error)
      }
      try attach(socket, "ingest.sub", bind: ingest.subBind, connect: ingest.subConnect)
      sockets.append(socket)
    }
    if !(ingest.pullBind + ingest.pullConnect).isEmpty {
      let socket = try IngestSockets.open(.pull, settings, in: context)
      try attach(socket, "ingest.pull", bind: ingest.pullBind, connect: ingest.pullConnect)
      sockets.append(socket)
    }
  }

  private static func open(
    _ kind: Socket.Kind, _ settings: Settings, in context: Context
  ) throws(DaemonError) -> Socket {
    do throws(ZeroMQError) {
      let socket = try Socket(kind, in: context)
      try socket.set(.receiveHighWaterMark(settings.ingest.receiveHighWaterMark))
      // Larger ones are refused with an error by the decoder; far larger ones must not even be taken into memory.
      try socket.set(.maximumMessageSize(settings.limits.messageBytes * 2 + 4096))
      return socket
    } catch {
      throw .messaging(error)
    }
  }

  private mutating func attach(
    _ socket: Socket, _ key: String, bind: [String], connect: [String]
  ) throws(DaemonError) {
    var full: [String] = []
    for endpoint in bind {
      do throws(ZeroMQError) {
        full.append(try socket.listen(on: endpoint))
      } catch {
        throw .endpoint(key: "\(key).bind", error)
      }
    }
    self.bound += full.map { (socket, $0) }
    for endpoint in connect {
      do throws(ZeroMQError) {
        // Names may stand for addresses of either kind.
        try socket.set(.ipv6(true))
        try socket.connect(endpoint)
      } catch {
        throw .endpoint(key: "\(key).connect", error)
      }
    }
    endpoints["\(key).bind"] = full
    endpoints["\(key).connect"] = connect
  }

  /// Stops listening; what was received stays receivable. Connections that the daemon made are kept, because libzmq
  /// throws away what a disconnected peer had sent.
  ///
  /// - Throws: libzmq's reason.
  func stopListening() throws(ZeroMQError) {
    for (socket, endpoint) in bound { try socket.unbind(endpoint) }
  }
}
