internal import SampleFormats
internal import ZeroMQ

/// The sockets that samples come in by: one SUB, one PULL and one ROUTER, each with all of its endpoints.
///
/// Belongs to the engine's thread.
struct IngestSockets {
  private(set) var sockets: [Socket] = []
  private var doors: [(socket: Socket, door: Door)] = []
  /// The one whose messages are answered.
  private(set) var router: Socket?
  /// By setting, in full.
  private(set) var endpoints: [String: [String]] = [:]
  private var bound: [(socket: Socket, endpoint: String)] = []

  /// - Throws: the setting's key and libzmq's reason.
  init(_ settings: Settings, _ doors: Doors) throws(DaemonError) {
    let ingest = settings.ingest
    if !(ingest.subBind + ingest.subConnect).isEmpty {
      let socket = try IngestSockets.open(.subscribe, .sub, settings, doors)
      do throws(ZeroMQError) {
        for topic in ingest.subTopics { try socket.set(.subscribe(Array(topic.utf8))) }
      } catch {
        throw .endpoint(key: "ingest.sub.topics", error)
      }
      try attach(socket, .sub, doors, bind: ingest.subBind, connect: ingest.subConnect)
      sockets.append(socket)
    }
    if !(ingest.pullBind + ingest.pullConnect).isEmpty {
      let socket = try IngestSockets.open(.pull, .pull, settings, doors)
      try attach(socket, .pull, doors, bind: ingest.pullBind, connect: ingest.pullConnect)
      sockets.append(socket)
    }
    if !(ingest.routerBind + ingest.routerConnect).isEmpty {
      let socket = try IngestSockets.openRouter(settings, doors)
      try attach(socket, .router, doors, bind: ingest.routerBind, connect: ingest.routerConnect)
      sockets.append(socket)
      router = socket
    }
  }

  private static func openRouter(_ settings: Settings, _ doors: Doors) throws(DaemonError) -> Socket {
    let socket = try open(.router, .router, settings, doors)
    do throws(ZeroMQError) {
      // An answer to a client that is gone, or that has so many unread, is dropped: nobody may hold up the engine.
      try socket.set(.routerMandatory(false))
      try socket.set(.sendHighWaterMark(settings.ingest.routerSendHighWaterMark))
      // Answers to the last messages still leave; a client that reads none holds up the end for no longer.
      try socket.set(.linger(500))
      return socket
    } catch {
      throw .messaging(error)
    }
  }

  private static func open(
    _ kind: Socket.Kind, _ door: Door, _ settings: Settings, _ doors: Doors
  ) throws(DaemonError) -> Socket {
    do throws(ZeroMQError) {
      let socket = try Socket(kind, in: doors.engineContext)
      try doors.prepare(socket, as: door, in: doors.engineContext)
      try socket.set(.receiveHighWaterMark(settings.ingest.receiveHighWaterMark))
      // Larger ones are refused with an error by the decoder; far larger ones must not even be taken into memory.
      try socket.set(.maximumMessageSize(settings.limits.messageBytes * 2 + 4096))
      return socket
    } catch {
      throw .messaging(error)
    }
  }

  private mutating func attach(
    _ socket: Socket, _ door: Door, _ doors: Doors, bind: [String], connect: [String]
  ) throws(DaemonError) {
    let key = "ingest.\(door.rawValue)"
    self.doors.append((socket, door))
    var full: [String] = []
    for endpoint in bind {
      do throws(ZeroMQError) {
        full.append(try doors.bind(socket, to: endpoint))
      } catch {
        throw .endpoint(key: "\(key).bind", error)
      }
    }
    self.bound += full.map { (socket, $0) }
    for endpoint in connect {
      do throws(ZeroMQError) {
        try doors.connect(socket, to: endpoint, as: door)
      } catch {
        throw .endpoint(key: "\(key).connect", error)
      }
    }
    endpoints["\(key).bind"] = full
    endpoints["\(key).connect"] = connect
  }

  /// Whether the sender of a message may still send there.
  func admits(_ message: Message, from socket: Socket, _ doors: Doors) -> Bool {
    guard let door = self.doors.first(where: { $0.socket === socket })?.door else { return true }
    return doors.admits(message, at: door)
  }

  /// Stops listening; what was received stays receivable. Connections that the daemon made are kept, because libzmq
  /// throws away what a disconnected peer had sent. The ROUTER socket is only taken off `sockets`: unbinding it would
  /// cut off answers that are on their way.
  ///
  /// - Throws: libzmq's reason.
  mutating func stopListening() throws(ZeroMQError) {
    sockets.removeAll { $0 === router }
    for (socket, endpoint) in bound where socket !== router { try socket.unbind(endpoint) }
  }
}
