public import WhittleProtocol
internal import ZeroMQ

/// Receives what one daemon publishes.
///
/// Threading contract: a subscriber is created, used and dropped on one thread. It connects again by itself when the
/// daemon comes back. One that reads too slowly misses publications; the next one it gets is whole.
public final class Subscriber {
  public let endpoint: String
  private let socket: Socket

  /// Starts connecting; the daemon need not be there yet.
  ///
  /// - Throws: `unusableEndpoint` when the endpoint is malformed, `failed` when out of memory or descriptors.
  public init(
    endpoint: String = DefaultEndpoints.publish, topics: [Topic] = Topic.allCases
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
      for topic in topics { try socket.set(.subscribe([UInt8](topic.rawValue.utf8))) }
      try socket.connect(endpoint)
    } catch {
      throw .unusableEndpoint(reason: "\(error)")
    }
  }

  /// The next publication.
  ///
  /// - Parameter milliseconds: how long to wait for it; nil waits without limit.
  /// - Throws: `nothingPublished` at the time limit, `malformed`, or `failed`; after each the subscriber goes on.
  public func next(milliseconds: Int?) throws(ClientError) -> Publication {
    let deadline = milliseconds.map { Deadline(milliseconds: $0) }
    while true {
      var received: [[UInt8]]?
      do {
        try socket.set(.receiveTimeout(deadline?.milliseconds ?? -1))
        received = try socket.receive()
      } catch {
        throw .failed(reason: "\(error)")
      }
      guard let frames = received else {
        throw .nothingPublished(endpoint: endpoint, milliseconds: milliseconds ?? 0)
      }
      // Subscriptions are prefixes: a topic that a newer daemon added may come along.
      guard let topic = Topic(rawValue: String(decoding: frames[0], as: UTF8.self)) else { continue }
      guard frames.count > 1 else {
        throw .malformed(
          endpoint: endpoint, reason: "a publication of one frame, where topic and JSON belong")
      }
      switch topic {
      case .coefficients:
        return .coefficients(try WireJSON.decode(Coefficients.self, from: frames[1], of: endpoint))
      case .stats:
        return .stats(try WireJSON.decode(Stats.self, from: frames[1], of: endpoint))
      case .event:
        return .event(try WireJSON.decode(Event.self, from: frames[1], of: endpoint))
      }
    }
  }
}
