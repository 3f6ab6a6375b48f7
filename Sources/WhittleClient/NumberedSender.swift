public import WhittleProtocol
internal import ZeroMQ

/// Delivers a stream of messages to the daemon's ROUTER socket, each exactly once and in order, whatever happens to the
/// daemon, the connection or this process on the way.
///
/// The messages of a source are numbered from 1. The daemon keeps the highest number with its model, so a stream that is begun
/// anew under the same source goes on where the daemon is: what it has already is passed over. Messages are kept until they
/// are acknowledged, and sent again where that is needed (see `NumberedDelivery`).
///
/// Threading contract: a sender is created, used and dropped on one thread.
public final class NumberedSender {
  /// A message that the daemon does not accept, whatever the number of times it is sent.
  public struct Rejection: Sendable {
    public let message: UInt64
    public let failure: IngestFailure
  }

  /// What became of a message that was handed over.
  public enum Delivery: Sendable, Equatable {
    /// It is kept, and delivered from now on.
    case begun
    /// The daemon had it before.
    case passedOver
  }

  public let endpoint: String
  public let source: String
  /// How long the daemon may acknowledge nothing before the sender gives up.
  public let milliseconds: Int
  private let context: Context
  private let socket: Socket
  private let monitor: ConnectionMonitor
  private let poller: Poller
  private let rejected: (Rejection) -> Void
  private let clock = ContinuousClock.now
  /// An envelope as far as it is the same for all messages.
  private let envelope: [UInt8]
  private var delivery: NumberedDelivery

  /// Connects in the background.
  ///
  /// - Parameters:
  ///   - source: what the stream is called, not empty. No other stream may be called so.
  ///   - milliseconds: how long the daemon may acknowledge nothing; at least 1.
  ///   - window: how many messages may be without an answer; at least 1.
  ///   - windowBytes: how many bytes they may have, if they are more than one.
  ///   - keys: for a daemon that asks for them.
  ///   - rejected: takes every rejection, on the sender's thread, while one of its functions runs.
  /// - Throws: `unusableEndpoint` when the endpoint is malformed, `unsendable` for an empty source, `failed` when out of
  ///   memory or descriptors.
  public init(
    endpoint: String = DefaultEndpoints.ingestRouter, source: String, milliseconds: Int = 60_000, window: Int = 1000,
    windowBytes: Int = 16 << 20, keys: ClientKeys? = nil, rejected: @escaping (Rejection) -> Void
  ) throws(ClientError) {
    guard !source.isEmpty else { throw .unsendable(reason: "a source needs a name") }
    self.endpoint = endpoint
    self.source = source
    self.milliseconds = max(milliseconds, 1)
    self.rejected = rejected
    envelope = [UInt8]("{\"source\":".utf8) + (try WireJSON.encode(source)) + [UInt8](",\"seq\":".utf8)
    var limits = NumberedDelivery.Limits()
    limits.messages = max(window, 1)
    limits.bytes = windowBytes
    limits.patience = self.milliseconds
    delivery = NumberedDelivery(limits)
    do {
      context = try Context()
      socket = try Socket(.dealer, in: context)
      try socket.set(.linger(0))
      try socket.set(.ipv6(true))
      // Not to be told by ZMQ_IMMEDIATE whether there is a connection: where one breaks while an answer is being read, libzmq
      // 4.3.4 aborts the process (issue 3663). What is still queued then is sent once more, and recognized.
      try socket.set(.sendHighWaterMark(0))
      try socket.set(.receiveHighWaterMark(0))
      // A machine that is gone closes no connections.
      try socket.set(.heartbeatInterval(2000))
      try socket.set(.heartbeatTimeout(10_000))
      try socket.set(.connectTimeout(5000))
      try socket.show(keys)
      monitor = try ConnectionMonitor(of: socket, in: context)
      poller = Poller([socket, monitor.socket])
    } catch {
      throw .failed(reason: "\(error)")
    }
    do {
      try socket.connect(endpoint)
    } catch {
      throw .unusableEndpoint(reason: "\(error)")
    }
  }

  /// How many messages were not answered yet.
  public var unansweredCount: Int { delivery.count }

  /// The number that the next message will have.
  public var nextNumber: UInt64 { delivery.nextNumber }

  /// All messages below this number are answered.
  public var oldestNumber: UInt64 { delivery.nextNumber - UInt64(delivery.count) }

  /// How far the source was before this sender sent anything; nil while that is not known.
  public var resumedAfter: UInt64? { delivery.start }

  /// The highest number that the daemon has acknowledged.
  public var acknowledged: UInt64 { delivery.acknowledged }

  /// Hands over the next message of the stream, once there is room for it. The first one waits for its answer.
  ///
  /// - Throws: `undelivered` at the time limit, `forgotten` when the daemon has lost what it had acknowledged, `malformed` for
  ///   an answer that is none, `failed` when libzmq fails.
  public func send(_ payload: [UInt8]) throws(ClientError) -> Delivery {
    try work { !$0.hasRoom }
    let number = delivery.nextNumber
    guard delivery.offer(payload, now: now) else { return .passedOver }
    if delivery.start == nil {
      try work { $0.start == nil && $0.count > 0 }
      if let start = delivery.start, start >= number { return .passedOver }
    } else {
      try work { _ in false }
    }
    return .begun
  }

  /// Waits until every message is answered. There may be more to send after it.
  ///
  /// - Throws: as `send` does.
  public func finish() throws(ClientError) {
    try work { $0.count > 0 }
  }

  /// Begins the stream anew after `forgotten`: from its first message on, those up to `last` are passed over.
  public func restart(after last: UInt64) {
    delivery.restart(after: last)
  }

  /// Milliseconds since the sender was made.
  private var now: Int { Int(clock.duration(to: .now) / .milliseconds(1)) }

  /// Does what there is to be done, and waits for as long as `isToWait` says so.
  private func work(while isToWait: (NumberedDelivery) -> Bool) throws(ClientError) {
    while true {
      try takeEvents()
      try takeAnswers()
      switch delivery.next(now: now) {
      case .send(let transmission):
        if try send(transmission) { continue }
        // The connection is about to come up, or to be reported as broken.
        guard isToWait(delivery) else { return }
        try wait(milliseconds: 5)
      case .wait(let time):
        guard isToWait(delivery) else { return }
        try wait(milliseconds: time)
      case .rest: return
      case .giveUp:
        throw .undelivered(endpoint: endpoint, messages: delivery.count, milliseconds: milliseconds)
      case .goBack(let last, let acknowledged):
        throw .forgotten(endpoint: endpoint, last: last, acknowledged: acknowledged)
      }
    }
  }

  private func wait(milliseconds: Int) throws(ClientError) {
    do {
      _ = try poller.wait(milliseconds: milliseconds)
    } catch {
      throw .failed(reason: "\(error)")
    }
  }

  private func takeEvents() throws(ClientError) {
    do {
      while let event = try monitor.next() {
        switch event {
        case .connected: delivery.connected(now: now)
        case .disconnected: delivery.disconnected()
        }
      }
    } catch {
      throw .failed(reason: "\(error)")
    }
  }

  /// - Returns: false when there is no connection.
  private func send(_ message: NumberedDelivery.Transmission) throws(ClientError) -> Bool {
    let numbers = [UInt8]("\(message.number),\"previous\":\(message.previous)}".utf8)
    do {
      // What comes back before the answer tells it apart.
      try socket.send(
        [[UInt8]("\(message.epoch) \(message.number)".utf8), [], envelope + numbers, message.payload], waiting: .never)
    } catch {
      if error.wouldBlock { return false }
      throw .failed(reason: "\(error)")
    }
    delivery.sent(now: now)
    return true
  }

  private func takeAnswers() throws(ClientError) {
    while true {
      let received: [[UInt8]]?
      do {
        received = try socket.receive(waiting: .never)
      } catch {
        throw .failed(reason: "\(error)")
      }
      guard let frames = received else { return }
      let numbers = String(decoding: frames[0], as: UTF8.self).split(separator: " ").map { UInt64($0) }
      guard frames.count == 3, frames[1].isEmpty, numbers.count == 2, let epoch = numbers[0], let number = numbers[1]
      else { throw .malformed(endpoint: endpoint, reason: "an answer that belongs to no message") }
      try take(try WireJSON.decode(IngestReply.self, from: frames[2], of: endpoint), to: number, epoch: epoch)
    }
  }

  private func take(_ reply: IngestReply, to number: UInt64, epoch: UInt64) throws(ClientError) {
    switch reply {
    case .success(let accepted):
      guard let last = accepted.last, last >= number else {
        throw .malformed(endpoint: endpoint, reason: "an answer that does not say how far the source is")
      }
      let answer = NumberedDelivery.Answer.accepted(last: last, isDuplicate: accepted.duplicates != nil)
      _ = delivery.take(answer, to: number, epoch: epoch, now: now)
    case .failure(let failure) where failure.code == IngestFailure.sequence:
      guard let last = failure.last else {
        throw .malformed(endpoint: endpoint, reason: "a rejection that does not say how far the source is")
      }
      _ = delivery.take(.outOfTurn(last: last), to: number, epoch: epoch, now: now)
    case .failure(let failure):
      if delivery.take(.rejected(last: failure.last), to: number, epoch: epoch, now: now) {
        rejected(Rejection(message: number, failure: failure))
      }
    }
  }
}
