public import WhittleProtocol
internal import ZeroMQ

/// Receives what one daemon publishes.
///
/// Threading contract: a subscriber is created, used and dropped on one thread. It connects again by itself when the
/// daemon comes back. One that reads too slowly misses publications, and is told how many; the next one it gets is whole.
public final class Subscriber {
  public let endpoint: String
  private let socket: Socket
  private var reader = PublicationReader()

  /// Starts connecting; the daemon need not be there yet.
  ///
  /// - Parameter keys: for a daemon that asks for them.
  /// - Throws: `unusableEndpoint` when the endpoint is malformed, `failed` when out of memory or descriptors.
  public init(
    endpoint: String = DefaultEndpoints.publish, topics: [Topic] = Topic.allCases,
    keys: ClientKeys? = nil
  ) throws(ClientError) {
    self.endpoint = endpoint
    do {
      socket = try Socket(.subscribe, in: try Context())
    } catch {
      throw .failed(reason: "\(error)")
    }
    do {
      try socket.set(.linger(0))
      try socket.set(.ipv6(true))
      for topic in Set(topics.map(\.subscription)) { try socket.set(.subscribe([UInt8](topic.rawValue.utf8))) }
      try socket.show(keys)
      try socket.connect(endpoint)
    } catch {
      throw .unusableEndpoint(reason: "\(error)")
    }
  }

  /// The next publication. What comes again, and what does not fit in with what came before, is passed over.
  ///
  /// - Parameter milliseconds: how long to wait for it; nil waits without limit.
  /// - Throws: `nothingPublished` at the time limit, `malformed`, or `failed`; after each the subscriber goes on.
  public func next(milliseconds: Int?) throws(ClientError) -> Publication {
    let deadline = milliseconds.map { Deadline(milliseconds: $0) }
    while true {
      guard let frames = try receive(deadline) else {
        throw .nothingPublished(endpoint: endpoint, milliseconds: milliseconds ?? 0)
      }
      // Subscriptions are prefixes: a topic that a newer daemon added may come along.
      guard let topic = Topic(rawValue: String(decoding: frames[0], as: UTF8.self)) else { continue }
      switch try reader.read(topic, frames, of: endpoint) {
      case .publication(let publication): return publication
      case .nothing: break
      case .needsAll: try subscribeAnew()
      }
    }
  }

  private func receive(_ deadline: Deadline?) throws(ClientError) -> [[UInt8]]? {
    do {
      try socket.set(.receiveTimeout(deadline?.milliseconds ?? -1))
      return try socket.receive()
    } catch {
      throw .failed(reason: "\(error)")
    }
  }

  private func subscribeAnew() throws(ClientError) {
    let topic = [UInt8](Topic.coefficients.rawValue.utf8)
    do {
      try socket.set(.unsubscribe(topic))
      try socket.set(.subscribe(topic))
    } catch {
      throw .failed(reason: "\(error)")
    }
  }
}

extension Topic {
  /// What is subscribed to for it: what has changed is nothing without what it changes.
  var subscription: Topic { self == .coefficientsDelta ? .coefficients : self }
}
