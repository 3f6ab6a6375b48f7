public import WhittleProtocol
internal import ZeroMQ

/// Sends samples to the daemon and loses none in silence: what nobody takes is an error, a full queue makes it wait.
///
/// Threading contract: a sender is created, used and dropped on one thread. What was sent is still on its way until
/// `finish` has returned true; a sender that is dropped before drops it.
public final class SampleSender {
  /// How messages find the daemon.
  public enum Pattern: Sendable, Equatable {
    /// To the daemon's `pull` socket; several daemons at one endpoint share the work.
    case push
    /// To the daemon's `sub` socket, each message after a topic frame, or without one when `topic` is empty.
    case publish(topic: String)
  }

  /// Which side of the connection this end is.
  public enum Attachment: Sendable, Equatable { case connect, bind }

  /// The endpoint in full, with the port that a bound `*` stood for.
  public let endpoint: String
  /// How long one message may wait to be taken.
  public let milliseconds: Int
  private let topic: [UInt8]
  private var subscriptions: Subscriptions?
  private var socket: Socket?
  private var context: Context?
  private var handOver: HandOver?

  /// Connects in the background, or binds.
  ///
  /// - Parameters:
  ///   - milliseconds: how long one message may wait to be taken; at least 1.
  ///   - keys: for a daemon that asks for them; also where this end binds.
  /// - Throws: `unusableEndpoint` when the endpoint is malformed or taken, `failed` when out of memory or descriptors.
  public init(
    _ pattern: Pattern = .push, endpoint: String = DefaultEndpoints.ingestPull,
    attachment: Attachment = .connect, milliseconds: Int = 5000, keys: ClientKeys? = nil
  ) throws(ClientError) {
    let limit = max(milliseconds, 1)
    let socket: Socket
    do {
      let context = try Context()
      socket = try Socket(pattern == .push ? .push : .extendedPublish, in: context)
      self.context = context
      self.milliseconds = limit
    } catch {
      throw .failed(reason: "\(error)")
    }
    do {
      try socket.set(.linger(0))
      try socket.set(.ipv6(true))
      try socket.set(.sendTimeout(limit))
      switch pattern {
      case .push:
        topic = []
        try socket.set(.immediate(true))
      case .publish(let name):
        topic = [UInt8](name.utf8)
        try socket.set(.extendedPublishNoDrop(true))
        subscriptions = Subscriptions(of: socket)
      }
      try socket.show(keys)
      switch attachment {
      case .connect:
        try socket.connect(endpoint)
        self.endpoint = endpoint
      case .bind:
        self.endpoint = try socket.bind(endpoint)
      }
    } catch {
      throw .unusableEndpoint(reason: "\(error)")
    }
    self.socket = socket
  }

  /// Queues one message, waiting while the queue is full or nobody is there to take it.
  ///
  /// - Throws: `notTaken` or `noSubscriber` at the time limit, `failed` when libzmq fails or after `finish`.
  public func send(_ payload: [UInt8]) throws(ClientError) {
    guard let socket else { throw .failed(reason: "cannot send: the sender was finished") }
    let frames = topic.isEmpty ? [payload] : [topic, payload]
    do {
      if let subscriptions, try !subscriptions.wait(for: frames[0], milliseconds: milliseconds) {
        throw ClientError.noSubscriber(endpoint: endpoint, milliseconds: milliseconds)
      }
      try socket.send(frames)
    } catch let error as ClientError {
      throw error
    } catch let error as ZeroMQError where error.wouldBlock {
      throw .notTaken(endpoint: endpoint, milliseconds: milliseconds)
    } catch {
      throw .failed(reason: "\(error)")
    }
  }

  /// Closes the socket and waits until all that is queued was handed over to the network.
  ///
  /// - Parameter milliseconds: how long to wait; call again to wait on.
  /// - Returns: whether everything was handed over.
  /// - Throws: `failed` when libzmq fails.
  public func finish(milliseconds: Int) throws(ClientError) -> Bool {
    do {
      if let socket, let context {
        try socket.set(.linger(-1))
        handOver = try HandOver(of: context)
      }
      // After this only the hand-over holds the context.
      subscriptions = nil
      socket = nil
      context = nil
      return try handOver?.wait(milliseconds: milliseconds) ?? true
    } catch {
      throw .failed(reason: "\(error)")
    }
  }
}
