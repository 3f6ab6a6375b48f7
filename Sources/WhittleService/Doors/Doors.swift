internal import Glibc
public import Logging
internal import OperatingThreads
internal import Synchronization
internal import WhittleProtocol
internal import ZeroMQ

/// Who may come in: the daemon's own key, the lists of its clients' keys, and the thread that decides by them.
///
/// Where there is no key, everybody may come in who reaches an endpoint; connections are counted and bounded all the same.
///
/// Safe from every thread. The thread answers libzmq when a peer wants to get in, hears of all connections, and ends those that are
/// too many, or whose keys were taken off their lists.
public final class Doors: Sendable {
  enum Letter: Sendable {
    case watch(Door, ListenerMonitor.Source)
    /// A connection that is to be ended, as far as it is still there.
    case end(Door, descriptor: Int32)
    case subscribed(descriptor: Int32, key: String?)
    case reloaded
    case stop
  }

  /// Descriptors that connections leave for files, and for what else there is.
  static let spareDescriptors = 128

  private let own: CurveKeyPair?
  /// Keys of publishers and pushers that the daemon connects to and that ask for keys themselves, by their endpoints.
  private let servers: [String: CurveKey]
  private let access: LocalAccess
  private let handshakeMilliseconds: Int
  private let lists: Mutex<AllowLists?>
  private let tally: Mutex<DoorTally>
  /// Whether keys may have been taken off the lists whose owners are connected.
  private let hasRevoked = Atomic<Bool>(false)
  private let mailbox: Mailbox<Letter>
  private let logger: Logger
  /// One for what takes and answers messages, one for what publishes: neither waits for the other's connections.
  let (engineContext, publishContext): (Context, Context)
  /// Comes when the thread has ended and closed its sockets.
  let ended = Completion<Void>()

  /// Reads the keys.
  ///
  /// - Throws: where a file of keys cannot be used, or there is no group of the name that is to have local sockets.
  public init(_ settings: Settings, logger: Logger) throws(DaemonError) {
    let security = settings.security
    self.logger = logger
    access = try LocalAccess(security)
    handshakeMilliseconds = Int((security.handshakeSeconds * 1000).rounded(.up))
    do throws(CurveKeyFileError) {
      own = if let path = security.serverKey { try CurveKeyFile.pair(at: credentialPath(path)) } else { nil }
      lists = Mutex(own == nil ? nil : try AllowLists(security))
      let known = try security.connectKeys.map { path throws(CurveKeyFileError) in
        try CurveKeyFile.list(at: credentialPath(path))
      }
      servers = Dictionary((known ?? []).map { ($0.name, $0.key) }) { $1 }
    } catch {
      throw .unusable("\(error)")
    }
    var descriptors = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors) == 0
    let most = isKnown ? Int(clamping: descriptors.rlim_cur) : 1024
    tally = Mutex(DoorTally(limit: security.connections, limitOfAll: max(most - Doors.spareDescriptors, most / 4)))
    do throws(ZeroMQError) {
      mailbox = try Mailbox()
      engineContext = try Context()
      publishContext = try Context()
    } catch {
      throw .messaging(error)
    }
  }

  /// Starts the thread. Without it libzmq would let everybody in, so that it has to be there before the first endpoint, and until the
  /// last socket is closed.
  func start() async throws(DaemonError) {
    let opened = Completion<Result<Void, ZeroMQError>>()
    try OperatingThread.start(named: "whittle-doors", fulfilling: ended) { [self] in
      let loop: DoorLoop
      do throws(ZeroMQError) {
        loop = try DoorLoop(self, mailbox, logger)
      } catch {
        return opened.fulfill(.failure(error))
      }
      opened.fulfill(.success(()))
      loop.run()
    }
    do throws(ZeroMQError) {
      try await opened.value().get()
    } catch {
      throw .messaging(error)
    }
  }

  /// Ends the thread.
  func stop() { mailbox.put(.stop) }

  /// Reads the lists of keys anew. From then on they decide who comes in, and who is in already stays in only where they let him:
  /// connections of subscribers are ended now, and all others with their next message, which is dropped.
  ///
  /// The daemon's own key, and whether there is one, are settled at the start.
  ///
  /// - Returns: what has them hold from there on.
  /// - Throws: where a file cannot be used.
  public func reload(_ security: Settings.Security) throws(DaemonError) -> @Sendable () -> Void {
    guard own != nil else { return {} }
    let fresh: AllowLists
    do throws(CurveKeyFileError) {
      fresh = try AllowLists(security)
    } catch {
      throw .unusable("\(error)")
    }
    return { [self] in decide(by: fresh) }
  }

  /// The same, for who reads the configuration again.
  @Sendable func takeOver(_ settings: Settings) throws(DaemonError) -> @Sendable () -> Void {
    try reload(settings.security)
  }

  private func decide(by fresh: AllowLists) {
    let hasChanged = lists.withLock { lists in
      defer { lists = fresh }
      return lists != fresh
    }
    guard hasChanged else { return }
    // Before the thread is told: whoever comes with a message from here on is looked at.
    hasRevoked.store(true, ordering: .releasing)
    mailbox.put(.reloaded)
    let counts = fresh.counts.map { ($0.key.rawValue, $0.value.map(String.init) ?? "any") }
    logger.notice(
      "the lists of keys were read anew", metadata: Dictionary(uniqueKeysWithValues: counts.map { ($0, "\($1)") }))
  }

  /// Who came and was refused, by door.
  var report: [String: Stats.Connections] { tally.withLock { $0.report } }

  fileprivate func withTally<Result>(_ body: (inout DoorTally) -> Result) -> Result { tally.withLock { body(&$0) } }
}

/// For the threads that own sockets.
extension Doors {
  /// Sets up a socket before it binds or connects.
  func prepare(_ socket: Socket, as door: Door, in context: Context) throws(ZeroMQError) {
    try socket.set(.handshakeTimeout(handshakeMilliseconds))
    // A machine that is gone closes no connections. Heartbeats would tell more, but where messages wait in front of a full queue,
    // libzmq reads no answers to them, and would cut off a sender that is well.
    try socket.set(.tcpKeepAlive(idle: 60, interval: 15, probes: 4))
    try socket.set(.backlog(1024))
    if let own { try socket.demandKeys(own, domain: door.rawValue) }
    tally.withLock { $0.opened(door) }
    mailbox.put(.watch(door, try ListenerMonitor.Source(socket, in: context)))
  }

  /// Binds an endpoint of the configuration; an address in brackets is IPv6, every other is IPv4 or a path.
  /// libzmq would otherwise tell `127.0.0.1` as an IPv6 address to whoever asks where it listens.
  ///
  /// - Returns: the endpoint in full.
  /// - Throws: when the endpoint is taken or does not exist here, or its mode or group cannot be set.
  func bind(_ socket: Socket, to endpoint: String) throws(ZeroMQError) -> String {
    try socket.set(.ipv6(endpoint.hasPrefix("tcp://[")))
    let full = try socket.bind(endpoint)
    try socket.setAccess(of: full, mode: access.mode, group: access.group)
    return full
  }

  /// Connects to an endpoint of the configuration. Where the peer's key is known, it is asked to prove it, and otherwise it has to
  /// prove its own, as everybody who connects.
  func connect(_ socket: Socket, to endpoint: String, as door: Door) throws(ZeroMQError) {
    // Names may stand for addresses of either kind.
    try socket.set(.ipv6(true))
    if let own {
      if let server = servers[endpoint] {
        try socket.showKey(own, to: server)
      } else {
        try socket.demandKeys(own, domain: door.rawValue)
      }
    }
    try socket.connect(endpoint)
  }

  /// Whether messages that are received are to be looked at: from the first change of the lists on.
  var looksAtMessages: Bool { hasRevoked.load(ordering: .relaxed) }

  /// Whether the sender of a message may still send here. Otherwise that is counted, and its connection ends.
  func admits(_ message: Message, at door: Door) -> Bool {
    let sender = message.sender
    // What the daemon itself asked for its key has shown it, and has no name here.
    guard let sender else { return true }
    if lists.withLock({ $0?.admits(sender, as: door.role) ?? true }) { return true }
    tally.withLock { $0.refused(.revokedKey, at: door) }
    if let descriptor = message.descriptor { mailbox.put(.end(door, descriptor: descriptor)) }
    return false
  }

  /// Whether the owner of the key may have the model or the daemon changed. Otherwise that is counted.
  func mayAdminister(_ key: String?) -> Bool {
    if own == nil || lists.withLock({ $0?.admits(key, as: .admin) ?? false }) { return true }
    tally.withLock { $0.refused(.operation, at: .query) }
    let name = key.flatMap { key in lists.withLock { $0?.name(of: key) } }
    logger.warning(
      "an operation was refused: the key is not in security.admin_keys",
      metadata: ["key": "\(key ?? "none")", "name": "\(name ?? "")"])
    return false
  }

  /// Somebody subscribed to something.
  func subscribed(_ notice: Message) {
    guard let descriptor = notice.descriptor else { return }
    mailbox.put(.subscribed(descriptor: descriptor, key: notice.sender))
  }
}

/// What the thread does: wait, answer, count, end connections.
private final class DoorLoop {
  private let doors: Doors
  private let mailbox: Mailbox<Doors.Letter>
  private let logger: Logger
  private let authenticators: [Authenticator]
  private var monitors: [(door: Door, monitor: ListenerMonitor)] = []
  private var warnings = RateLimit(perSecond: 1)

  init(_ doors: Doors, _ mailbox: Mailbox<Doors.Letter>, _ logger: Logger) throws(ZeroMQError) {
    self.doors = doors
    self.mailbox = mailbox
    self.logger = logger
    authenticators = [
      try Authenticator(in: doors.engineContext), try Authenticator(in: doors.publishContext),
    ]
  }

  /// Serves until it is told to stop. Where libzmq fails it goes on to hold the sockets, and answers nobody: nobody gets in then.
  func run() {
    do throws(ZeroMQError) {
      try serve()
    } catch {
      logger.critical("nobody can connect any more", metadata: ["error": "\(error)"])
      while (try? Poller([], wake: mailbox.wake).wait(milliseconds: -1)) != nil {
        for letter in mailbox.takeAll() { if case .stop = letter { return } }
      }
    }
  }

  private func serve() throws(ZeroMQError) {
    var poller = makePoller()
    while true {
      _ = try poller.wait(milliseconds: -1)
      let watched = monitors.count
      for letter in mailbox.takeAll() {
        if case .stop = letter { return }
        try read(letter)
      }
      if monitors.count != watched { poller = makePoller() }
      // First who is gone, then who comes in his place.
      for (door, monitor) in monitors { while let event = try monitor.next() { take(event, at: door) } }
      for authenticator in authenticators {
        while let request = try authenticator.next() { try authenticator.answer(request, admits: decide(request)) }
      }
    }
  }

  private func makePoller() -> Poller {
    Poller(authenticators.map(\.socket) + monitors.map(\.monitor.socket), wake: mailbox.wake)
  }

  private func read(_ letter: Doors.Letter) throws(ZeroMQError) {
    switch letter {
    case .stop: break
    case .watch(let door, let source): monitors.append((door, try ListenerMonitor(source)))
    case .end(let door, let descriptor): doors.withTally { $0.connection(descriptor, at: door) }?.end()
    case .subscribed(let descriptor, let key):
      doors.withTally { $0.subscribed(descriptor, key: key) }?.end()
      // Its key may have been taken off its list since it came in.
      if doors.looksAtMessages { endRevoked() }
    case .reloaded: endRevoked()
    }
  }

  private func endRevoked() {
    let revoked = doors.withTally { tally in
      tally.revoked { [doors] in doors.admitsSubscriber($0) }
    }
    for connection in revoked { connection.end() }
  }

  private func take(_ event: ListenerMonitor.Event, at door: Door) {
    switch event {
    case .accepted(let connection):
      guard let excess = doors.withTally({ $0.accepted(connection, at: door) }) else { return }
      excess.end()
      warn(door, .tooMany)
    case .ended(let connection): doors.withTally { $0.ended(connection, at: door) }
    case .established: break
    case .acceptFailed: refuse(.resources, at: door)
    // The one who decided has counted it.
    case .refused(.authentication): break
    case .refused(.mechanism): fail(.mechanism, at: door)
    case .refused(.encryption): fail(.encryption, at: door)
    case .refused(.protocol): fail(.protocol, at: door)
    case .refused(.silence): fail(.silence, at: door)
    }
  }

  private func decide(_ request: Authenticator.Request) -> Bool {
    // Domains are the names of doors.
    guard let door = Door(rawValue: request.domain) else { return false }
    guard let refusal = doors.refusal(of: request.key?.text, at: door) else { return true }
    refuse(
      refusal, at: door,
      ["key": "\(request.key?.text ?? "none")", "address": "\(request.address)", "setting": "\(door.role.key)"])
    return false
  }

  private func fail(_ refusal: DoorRefusal, at door: Door) {
    doors.withTally { $0.failed(refusal, at: door) }
    // Who only looks whether there is somebody is nobody to warn of.
    if refusal != .silence { warn(door, refusal) }
  }

  private func refuse(_ refusal: DoorRefusal, at door: Door, _ more: Logger.Metadata = [:]) {
    doors.withTally { $0.refused(refusal, at: door) }
    warn(door, refusal, more)
  }

  private func warn(_ door: Door, _ refusal: DoorRefusal, _ more: Logger.Metadata = [:]) {
    guard let unlogged = warnings.admit(now: monotonicSeconds()) else { return }
    var metadata: Logger.Metadata = ["door": "\(door.rawValue)", "reason": "\(refusal.rawValue)"]
    if unlogged > 0 { metadata["unlogged_before"] = "\(unlogged)" }
    logger.warning("a connection was refused", metadata: metadata.merging(more) { $1 })
  }
}

extension Doors {
  /// Why the owner of the key may not come in; nil where he may.
  fileprivate func refusal(of key: String?, at door: Door) -> DoorRefusal? {
    lists.withLock { lists in
      guard let lists else { return nil }
      return lists.admits(key, as: door.role) ? nil : lists.refusal(of: key)
    }
  }

  fileprivate func admitsSubscriber(_ key: String?) -> Bool {
    lists.withLock { $0?.admits(key, as: .publish) ?? true }
  }
}
