internal import FoundationEssentials
internal import Logging
internal import WhittleProtocol
internal import ZeroMQ

/// The socket that subscribers connect to: numbers what it publishes, and gives late subscribers the last of it.
///
/// Threading contract: created, used and closed on one thread. Nothing here waits: of a subscriber that takes nothing, so many
/// messages are held as the high-water mark says, and what is published after that it misses.
final class PublishSocket {
  /// For a poller to wait on: it has something to receive when somebody subscribes.
  let socket: Socket
  /// The endpoints in full.
  let endpoints: [String]
  private let doors: Doors
  private let notice = Message(capacity: 1)
  private let logger: Logger
  private let epoch = String(UInt64.random(in: .min ... .max), radix: 16)
  private var sequences: [Topic: UInt64] = [:]
  private var lastValues = LastValues()
  private var audience = Audience()
  /// Last values, for late subscribers.
  private var kept: [Topic: Kept] = [:]

  private enum Kept {
    case message(SharedMessage)
    /// Nobody was there to read it.
    case unworded(() throws(ZeroMQError) -> SharedMessage?)
  }

  /// After so many milliseconds a subscriber whose machine takes nothing is disconnected, and what was held for it is let go. It
  /// connects again when it can, and then gets the last values.
  private static let patience = 30_000

  /// Bytes of a frame that a subscriber sends: many more than a topic has, or than what is said before the first one.
  private static let largestFrame = 4096

  init(_ endpoints: [String], highWaterMark: Int, _ doors: Doors, logger: Logger) throws(ZeroMQError) {
    self.logger = logger
    self.doors = doors
    // With a thread of its own for input and output: samples do not wait for many subscribers.
    socket = try Socket(.extendedPublish, in: doors.publishContext)
    try doors.prepare(socket, as: .publish, in: doors.publishContext)
    try socket.set(.maximumMessageSize(PublishSocket.largestFrame))
    try socket.set(.sendHighWaterMark(highWaterMark))
    // Each subscription is told, since each is by somebody who has nothing yet.
    try socket.set(.extendedPublishVerbose(true))
    try socket.set(.tcpMaximumRetransmit(PublishSocket.patience))
    // At the end, subscribers that are there still get the last publication.
    try socket.set(.linger(500))
    var bound: [String] = []
    for endpoint in endpoints { bound.append(try doors.bind(socket, to: endpoint)) }
    self.endpoints = bound
  }

  /// How many publications a topic has had.
  func sequence(of topic: Topic) -> UInt64 { sequences[topic] ?? 0 }

  /// Publishes a message with the next number of its topic.
  ///
  /// - Parameters:
  ///   - buffers: what follows its JSON.
  ///   - keeps: whether late subscribers get it, until the next of its topic. Such a message is put into words only when there is
  ///     somebody to read it.
  func publish(
    _ topic: Topic, _ body: some Codable & Sendable, _ buffers: [[UInt8]] = [], keeps: Bool = false
  ) throws(ZeroMQError) {
    let sequence = sequence(of: topic) + 1
    sequences[topic] = sequence
    let mark = PublicationMark(epoch: epoch, sequence: sequence)
    // The message may be kept by what belongs to this object.
    let word = { [unowned self] () throws(ZeroMQError) in
      guard let json = encoded(Marked(mark, body)) else { return nil as SharedMessage? }
      return try SharedMessage([Array(topic.rawValue.utf8), json] + buffers)
    }
    // Who has subscribed meanwhile gets this one, too: it may be the last before the end.
    if keeps, !audience.hears(topic) { try takeNotices() }
    if keeps, !audience.hears(topic) {
      lastValues.published(topic, byteCount: 0)
      kept[topic] = .unworded(word)
      return
    }
    guard let message = try word() else { return }
    try socket.send(message)
    if keeps {
      lastValues.published(topic, byteCount: message.byteCount)
      kept[topic] = .message(message)
    }
  }

  /// Lets go of the last value of a topic, which is not the last any more. It will have to be published anew for late
  /// subscribers.
  func forget(_ topic: Topic) { kept[topic] = nil }

  /// Seconds until late subscribers have to be given something; nil where there are none.
  func secondsLeft(now: Double) -> Double? { lastValues.secondsLeft(now: now) }

  /// Gives late subscribers the last values.
  ///
  /// - Returns: the topics whose last values were forgotten, and have to be published now.
  func serveLateSubscribers(now: Double) throws(ZeroMQError) -> [Topic] {
    try takeNotices()
    var missing: [Topic] = []
    for topic in lastValues.due(now: now) {
      if let message = try lastMessage(of: topic) { try socket.send(message) } else { missing.append(topic) }
    }
    return missing
  }

  /// Takes in who has subscribed, and left.
  private func takeNotices() throws(ZeroMQError) {
    // A notice is one frame: 1 for a subscription, or 0 for the last one of its prefix that has ended, and the prefix.
    while try notice.receive(from: socket, waiting: .never) {
      let bytes = notice.copy(0)
      let prefix = bytes.dropFirst()
      switch bytes.first {
      case 0: audience.left(prefix)
      case 1:
        doors.subscribed(notice)
        audience.came(prefix)
        lastValues.subscribed(prefix)
      default: break
      }
    }
  }

  private func lastMessage(of topic: Topic) throws(ZeroMQError) -> SharedMessage? {
    switch kept[topic] {
    case nil: return nil
    case .message(let message): return message
    case .unworded(let word):
      let message = try word()
      kept[topic] = message.map { .message($0) }
      if let message { lastValues.measured(topic, byteCount: message.byteCount) }
      return message
    }
  }

  private func encoded(_ message: some Encodable) -> [UInt8]? {
    do {
      return Array(try JSONEncoder().encode(message))
    } catch {
      logger.error("a message could not be put into words", metadata: ["error": "\(error)"])
      return nil
    }
  }
}
