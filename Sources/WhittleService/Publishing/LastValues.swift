internal import WhittleProtocol

/// Which last values have to be sent again, for subscribers that came after them.
///
/// A pure state machine: it is told the time. libzmq sends a message to all who are subscribed to it, so a last value that is
/// sent again reaches those who have it too. Many who come at once are served at once, and the larger a value is, the
/// more seldom it is sent again.
struct LastValues {
  private struct Value {
    var byteCount: Int
    var sentAgain = -Double.infinity
    var isWanted = false
  }

  private var values: [Topic: Value] = [:]

  /// Seconds between two repetitions of a value, at least.
  static let interval = 0.05
  /// Bytes a second that repetitions of a value have, at most.
  static let bytesPerSecond = 32.0 * 1_048_576

  /// Something was published, and reaches all who have subscribed so far.
  mutating func published(_ topic: Topic, byteCount: Int) {
    values[topic, default: Value(byteCount: 0)].byteCount = byteCount
    values[topic]?.isWanted = false
  }

  /// A value that was published before has turned out to have so many bytes.
  mutating func measured(_ topic: Topic, byteCount: Int) { values[topic]?.byteCount = byteCount }

  /// Somebody subscribed to what begins with a prefix.
  mutating func subscribed(_ prefix: some Collection<UInt8>) {
    for topic in values.keys where topic.rawValue.utf8.starts(with: prefix) { values[topic]?.isWanted = true }
  }

  /// The values to be sent again now.
  mutating func due(now: Double) -> [Topic] {
    Topic.allCases.filter { topic in
      guard let value = values[topic], value.isWanted, value.sentAgain + interval(value) <= now else { return false }
      values[topic]?.isWanted = false
      values[topic]?.sentAgain = now
      return true
    }
  }

  /// Seconds until one is due; nil where nobody waits.
  func secondsLeft(now: Double) -> Double? {
    values.values.filter(\.isWanted).map { max(0, $0.sentAgain + interval($0) - now) }.min()
  }

  private func interval(_ value: Value) -> Double {
    max(LastValues.interval, Double(value.byteCount) / LastValues.bytesPerSecond)
  }
}
