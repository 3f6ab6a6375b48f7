public import WhittleProtocol

extension WhittleConnection {
  /// What the daemon publishes. A reader is subscribed while it reads, and gets what is published from then on.
  public var publications: Publications { Publications(connection: self) }
}

/// What a daemon publishes, by topic. Each loop over one of these is a subscription of its own:
///
///     for try await stats in whittle.publications.stats { … }
///
/// A loop goes on over all absences of the daemon. It ends when it is left, when its task is cancelled, and with the
/// connection. It keeps the connection open.
public struct Publications: Sendable {
  let connection: WhittleConnection

  /// The coefficients that are not zero. A reader that is slower than the daemon misses some, and gets the newest.
  public var coefficients: PublicationSequence<Coefficients> {
    PublicationSequence(
      connection: connection, topic: .coefficients, capacity: 1
    ) { item, endpoint throws(ClientError) in
      try WireJSON.decode(Coefficients.self, from: item.payload, of: endpoint)
    }
  }

  /// How the model and its stream are doing. A reader that is slower than the daemon misses some, and gets the newest.
  public var stats: PublicationSequence<Stats> {
    PublicationSequence(connection: connection, topic: .stats, capacity: 1) { item, endpoint throws(ClientError) in
      try WireJSON.decode(Stats.self, from: item.payload, of: endpoint)
    }
  }

  /// What happens, one by one. A reader that is more than `limits.unreadEvents` behind misses the oldest of them, and is
  /// told how many.
  public var events: PublicationSequence<PublishedEvent> {
    PublicationSequence(
      connection: connection, topic: .event, capacity: connection.limits.unreadEvents
    ) { item, endpoint throws(ClientError) in
      PublishedEvent(
        event: try WireJSON.decode(Event.self, from: item.payload, of: endpoint), droppedBefore: item.droppedBefore)
    }
  }
}

/// An event, and what was missed before it.
public struct PublishedEvent: Sendable, Equatable {
  public let event: Event
  /// How many events came before this one and were dropped, since the reader was too far behind.
  public let droppedBefore: Int
}

/// Publications on one topic, as they come.
public struct PublicationSequence<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = ClientError
  typealias Decode = @Sendable (PublicationBuffer.Item, _ endpoint: String) throws(ClientError) -> Element

  private let connection: WhittleConnection
  private let topic: Topic
  private let capacity: Int
  private let decode: Decode

  init(connection: WhittleConnection, topic: Topic, capacity: Int, decode: @escaping Decode) {
    self.connection = connection
    self.topic = topic
    self.capacity = capacity
    self.decode = decode
  }

  /// Subscribes.
  public func makeAsyncIterator() -> Iterator {
    Iterator(reading: Reading(connection, topic, capacity: capacity), decode: decode)
  }

  /// One subscription, which ends with its last reference.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let reading: Reading
    fileprivate let decode: Decode

    /// The next publication; nil when the connection was closed or the task is cancelled.
    ///
    /// - Throws: `malformed` for a publication that is none, after which it can go on; `unusableEndpoint`; `failed` when
    ///   libzmq fails.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(ClientError) -> Element? {
      guard let item = try await reading.subscription.next() else { return nil }
      return try decode(item, reading.connection.endpoints.publish)
    }
  }
}

/// Holds a subscription, and the connection open, for as long as somebody reads.
private final class Reading {
  let connection: WhittleConnection
  let subscription: Subscription
  private var id: UInt64?

  init(_ connection: WhittleConnection, _ topic: Topic, capacity: Int) {
    let subscription = Subscription(to: topic, capacity: capacity)
    self.connection = connection
    self.subscription = subscription
    do {
      id = try connection.mailbox.post { id in .subscribe(subscription, id: id) }
    } catch {
      subscription.end(error == .closed ? nil : error)
    }
  }

  deinit {
    // Where the connection has ended, so has the subscription.
    if let id { _ = try? connection.mailbox.post { _ in .unsubscribe(id: id) } }
  }
}
