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

  /// The coefficients that the daemon publishes, all of them also where it publishes what changed. A reader that is slower
  /// than the daemon misses some, and gets the newest.
  public var coefficients: PublicationSequence<Coefficients> {
    PublicationSequence(connection: connection, topic: .coefficients, capacity: Publications.unreadDeltas) {
      publication, _ in
      if case .coefficients(let coefficients) = publication.content { coefficients } else { nil }
    }
  }

  /// How the model and its stream are doing. A reader that is slower than the daemon misses some, and gets the newest.
  public var stats: PublicationSequence<Stats> {
    PublicationSequence(connection: connection, topic: .stats, capacity: 1) { publication, _ in
      if case .stats(let stats) = publication.content { stats } else { nil }
    }
  }

  /// What happens, one by one. A reader that is more than `limits.unreadEvents` behind misses the oldest of them, and is
  /// told how many.
  public var events: PublicationSequence<PublishedEvent> {
    PublicationSequence(
      connection: connection, topic: .event, capacity: connection.limits.unreadEvents
    ) { publication, dropped in
      guard case .event(let event) = publication.content else { return nil }
      let missed = Int(clamping: publication.missedBefore)
      return PublishedEvent(event: event, droppedBefore: dropped, missedBefore: max(missed - dropped, 0))
    }
  }

  /// Between all coefficients and all coefficients, so many changes are kept for a slow reader.
  private static let unreadDeltas = 256
}

/// An event, and what was missed before it.
public struct PublishedEvent: Sendable, Equatable {
  public let event: Event
  /// How many events came before this one and were dropped, since the reader was too far behind.
  public let droppedBefore: Int
  /// How many never came, since the connection was broken or too slow.
  public let missedBefore: Int
}

/// Publications on one topic, as they come.
public struct PublicationSequence<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = ClientError
  /// What a publication is to the reader, with how many were dropped before it; nil where it is nothing.
  typealias Selection = @Sendable (Publication, _ dropped: Int) -> Element?

  private let connection: WhittleConnection
  private let topic: Topic
  private let capacity: Int
  private let select: Selection

  init(connection: WhittleConnection, topic: Topic, capacity: Int, select: @escaping Selection) {
    self.connection = connection
    self.topic = topic
    self.capacity = capacity
    self.select = select
  }

  /// Subscribes.
  public func makeAsyncIterator() -> Iterator {
    Iterator(reading: Reading(connection, topic, capacity: capacity), select: select)
  }

  /// One subscription, which ends with its last reference.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let reading: Reading
    fileprivate let select: Selection
    private var reader = PublicationReader()

    fileprivate init(reading: Reading, select: @escaping Selection) {
      self.reading = reading
      self.select = select
    }

    /// The next publication; nil when the connection was closed or the task is cancelled.
    ///
    /// - Throws: `malformed` for a publication that is none, after which it can go on; `unusableEndpoint`; `failed` when
    ///   libzmq fails.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(ClientError) -> Element? {
      while let item = try await reading.subscription.next() {
        var newest: Publication?
        for frames in item.messages {
          // Only messages of known topics get here.
          guard let topic = Topic(rawValue: String(decoding: frames[0], as: UTF8.self)) else { continue }
          switch try reader.read(topic, frames, of: reading.connection.endpoints.publish) {
          case .publication(let publication): newest = publication
          case .nothing: break
          case .needsAll: reading.subscribeAnew()
          }
        }
        if let newest, let element = select(newest, item.droppedBefore) { return element }
      }
      return nil
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

  /// Has the last value of the topic come again.
  func subscribeAnew() {
    // Where the connection has ended, nothing comes any more, which the reader will find.
    let topic = subscription.topic
    _ = try? connection.mailbox.post { _ in .renew(topic) }
  }

  deinit {
    // Where the connection has ended, so has the subscription.
    if let id { _ = try? connection.mailbox.post { _ in .unsubscribe(id: id) } }
  }
}
