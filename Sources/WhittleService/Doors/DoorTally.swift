internal import WhittleProtocol
internal import ZeroMQ

/// Who is connected, and how many were let in and refused. A pure state machine: it is told what happened, and says what to end.
struct DoorTally: Sendable {
  private struct Counts {
    var open: [Int32: ListenerMonitor.Connection] = [:]
    var accepted: UInt64 = 0
    var refused: [DoorRefusal: UInt64] = [:]
    /// Those of which there were too many, and that are about to end.
    var excess: Set<Int32> = []
    /// Why a connection did not come up, of which the next event tells that it has ended.
    var failure: DoorRefusal?
  }

  private struct Subscriber {
    let key: String?
    var subscriptions: Int
  }

  /// Subscriptions of one connection: many times as many as there are topics.
  static let subscriptionLimit = 1000

  /// Connections of one door.
  private let limit: Int
  /// Connections of all doors.
  private let limitOfAll: Int
  private var counts: [Door: Counts] = [:]
  private var openOfAll = 0
  private var subscribers: [Int32: Subscriber] = [:]

  init(limit: Int, limitOfAll: Int) {
    self.limit = limit
    self.limitOfAll = limitOfAll
  }

  /// - Returns: the connection where there are too many: it is to be ended.
  mutating func accepted(_ connection: ListenerMonitor.Connection, at door: Door) -> ListenerMonitor.Connection? {
    countFailure(at: door)
    counts[door]?.excess.remove(connection.descriptor)
    if counts[door, default: Counts()].open.updateValue(connection, forKey: connection.descriptor) == nil {
      openOfAll += 1
    }
    // What an earlier connection with this descriptor subscribed to went with it.
    if door == .publish { subscribers[connection.descriptor] = nil }
    counts[door, default: Counts()].accepted += 1
    guard counts[door]?.open.count ?? 0 > limit || openOfAll > limitOfAll else { return nil }
    refused(.tooMany, at: door)
    counts[door]?.excess.insert(connection.descriptor)
    return connection
  }

  /// A connection did not come up. Which one it was the next event tells.
  mutating func failed(_ reason: DoorRefusal, at door: Door) {
    countFailure(at: door)
    counts[door, default: Counts()].failure = reason
  }

  mutating func ended(_ connection: ListenerMonitor.Connection, at door: Door) {
    // Who was one too many was not given the time to speak, and was counted.
    if counts[door]?.excess.remove(connection.descriptor) != nil { counts[door]?.failure = nil }
    countFailure(at: door)
    if counts[door]?.open.removeValue(forKey: connection.descriptor) != nil { openOfAll -= 1 }
    if door == .publish { subscribers[connection.descriptor] = nil }
  }

  private mutating func countFailure(at door: Door) {
    guard let failure = counts[door]?.failure else { return }
    counts[door]?.failure = nil
    refused(failure, at: door)
  }

  mutating func refused(_ reason: DoorRefusal, at door: Door) {
    counts[door, default: Counts()].refused[reason, default: 0] += 1
  }

  /// - Returns: the connection where it has subscribed to too much: it is to be ended.
  mutating func subscribed(_ descriptor: Int32, key: String?) -> ListenerMonitor.Connection? {
    subscribers[descriptor, default: Subscriber(key: key, subscriptions: 0)].subscriptions += 1
    guard subscribers[descriptor]?.subscriptions ?? 0 > DoorTally.subscriptionLimit else { return nil }
    subscribers[descriptor] = nil
    refused(.subscriptions, at: .publish)
    return counts[.publish]?.open[descriptor]
  }

  /// - Returns: the connections of subscribers whose keys are not admitted any more: they are to be ended.
  mutating func revoked(admits: (String?) -> Bool) -> [ListenerMonitor.Connection] {
    var connections: [ListenerMonitor.Connection] = []
    for (descriptor, subscriber) in subscribers where !admits(subscriber.key) {
      subscribers[descriptor] = nil
      guard let connection = counts[.publish]?.open[descriptor] else { continue }
      refused(.revokedKey, at: .publish)
      connections.append(connection)
    }
    return connections
  }

  /// The connection that has the descriptor; nil where there is none any more.
  func connection(_ descriptor: Int32, at door: Door) -> ListenerMonitor.Connection? { counts[door]?.open[descriptor] }

  /// By door.
  var report: [String: Stats.Connections] {
    Dictionary(
      uniqueKeysWithValues: counts.map { door, counts in
        let refused = Dictionary(uniqueKeysWithValues: counts.refused.map { ($0.key.rawValue, $0.value) })
        return (
          door.rawValue, Stats.Connections(open: counts.open.count, accepted: counts.accepted, refused: refused)
        )
      })
  }

  /// The door is there, though nobody may have come yet.
  mutating func opened(_ door: Door) { counts[door, default: Counts()].accepted += 0 }
}
