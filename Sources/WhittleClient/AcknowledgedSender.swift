public import WhittleProtocol
internal import ZeroMQ

/// Sends samples to the daemon's ROUTER socket and takes in its answers: many messages are on their way before the
/// first one is answered.
///
/// Threading contract: a sender is created, used and dropped on one thread. A message without an answer may have been
/// learned or not.
public final class AcknowledgedSender {
  /// What became of one message.
  public struct Answer: Sendable {
    /// Which message: 0 is the first that was sent.
    public let message: Int
    public let reply: IngestReply
  }

  /// The endpoint in full, with the port that a bound `*` stood for.
  public let endpoint: String
  /// How long one message may wait to be taken, and how long there may be no answer while one is waited for.
  public let milliseconds: Int
  /// How many messages may be unanswered. Far more would fill the daemon's queue of answers, which drops what is too
  /// much.
  public let window: Int
  private let context: Context
  private let socket: Socket
  private let monitor: ConnectionMonitor
  private var isConnected = false
  private let answered: (Answer) -> Void
  private var sent = 0
  private var unanswered: Set<Int> = []

  /// Connects in the background, or binds.
  ///
  /// - Parameters:
  ///   - milliseconds: how long one message may wait to be taken, or for an answer; at least 1.
  ///   - window: how many messages may be unanswered; at least 1.
  ///   - keys: for a daemon that asks for them.
  ///   - answered: takes every answer, on the sender's thread, while `send` or `finish` runs.
  /// - Throws: `unusableEndpoint` when the endpoint is malformed or taken, `failed` when out of memory or descriptors.
  public init(
    endpoint: String = DefaultEndpoints.ingestRouter, attachment: SampleSender.Attachment = .connect,
    milliseconds: Int = 5000, window: Int = 1000, keys: ClientKeys? = nil, answered: @escaping (Answer) -> Void
  ) throws(ClientError) {
    self.milliseconds = max(milliseconds, 1)
    self.window = max(window, 1)
    self.answered = answered
    do {
      context = try Context()
      socket = try Socket(.dealer, in: context)
      monitor = try ConnectionMonitor(of: socket, in: context)
    } catch {
      throw .failed(reason: "\(error)")
    }
    do {
      try socket.set(.linger(0))
      try socket.set(.ipv6(true))
      try socket.set(.sendTimeout(self.milliseconds))
      try socket.set(.receiveTimeout(self.milliseconds))
      try socket.show(keys)
      switch attachment {
      case .connect:
        try socket.connect(endpoint)
        self.endpoint = endpoint
      case .bind: self.endpoint = try socket.bind(endpoint)
      }
    } catch {
      throw .unusableEndpoint(reason: "\(error)")
    }
  }

  /// How many messages were not answered yet.
  public var unansweredCount: Int { unanswered.count }

  /// Sends one message, once fewer than `window` are unanswered.
  ///
  /// - Throws: `notTaken` or `unanswered` at the time limit, `malformed` for an answer that is none, `failed` when
  ///   libzmq fails.
  public func send(_ payload: [UInt8]) throws(ClientError) {
    while try takeAnswer(waiting: .never) {}
    while unanswered.count >= window { _ = try takeAnswer(waiting: .allowed) }
    try waitForConnection()
    do {
      try socket.send([[UInt8](String(sent).utf8), [], payload])
    } catch {
      throw error.wouldBlock
        ? .notTaken(endpoint: endpoint, milliseconds: milliseconds) : .failed(reason: "\(error)")
    }
    unanswered.insert(sent)
    sent += 1
  }

  /// What is sent without a connection would only be queued. (ZMQ_IMMEDIATE is not for sockets that receive: where a connection
  /// breaks while an answer is being read, libzmq 4.3.4 aborts the process, as in its issue 3663.)
  private func waitForConnection() throws(ClientError) {
    do {
      let end = Deadline(milliseconds: milliseconds)
      let poller = Poller([monitor.socket])
      while true {
        while let event = try monitor.next() { isConnected = event == .connected }
        if isConnected { return }
        if end.milliseconds == 0 { break }
        _ = try poller.wait(milliseconds: end.milliseconds)
      }
    } catch {
      throw .failed(reason: "\(error)")
    }
    throw .notTaken(endpoint: endpoint, milliseconds: milliseconds)
  }

  /// Waits until every message is answered. There may be more to send after it.
  ///
  /// - Throws: `unanswered` at the time limit, `malformed` for an answer that is none, `failed` when libzmq fails.
  public func finish() throws(ClientError) {
    while !unanswered.isEmpty { _ = try takeAnswer(waiting: .allowed) }
  }

  /// - Returns: false when nothing is there and waiting is not allowed.
  private func takeAnswer(waiting: Socket.Waiting) throws(ClientError) -> Bool {
    let received: [[UInt8]]?
    do {
      received = try socket.receive(waiting: waiting)
    } catch {
      throw .failed(reason: "\(error)")
    }
    guard let frames = received else {
      if waiting == .never { return false }
      throw .unanswered(endpoint: endpoint, messages: unanswered.count, milliseconds: milliseconds)
    }
    // Several daemons may answer at one endpoint: what tells answers apart is the number that comes back with them.
    guard frames.count == 3, frames[1].isEmpty, let number = Int(String(decoding: frames[0], as: UTF8.self)),
      unanswered.remove(number) != nil
    else { throw .malformed(endpoint: endpoint, reason: "an answer that belongs to no message") }
    answered(Answer(message: number, reply: try WireJSON.decode(IngestReply.self, from: frames[2], of: endpoint)))
    return true
  }
}
