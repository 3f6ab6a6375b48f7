internal import WhittleProtocol

/// Which topics somebody is subscribed to, as far as the publishing socket has told.
struct Audience {
  private var prefixes: Set<ArraySlice<UInt8>> = []
  /// How many of the prefixes each topic begins with.
  private var counts: [Topic: Int] = [:]

  /// Whether somebody is subscribed to a topic.
  ///
  /// - Complexity: O(1)
  func hears(_ topic: Topic) -> Bool { counts[topic, default: 0] > 0 }

  /// Somebody subscribed to what begins with a prefix.
  mutating func came(_ prefix: ArraySlice<UInt8>) {
    if prefixes.insert(prefix).inserted { count(prefix, 1) }
  }

  /// Nobody is subscribed to a prefix any more.
  mutating func left(_ prefix: ArraySlice<UInt8>) {
    if prefixes.remove(prefix) != nil { count(prefix, -1) }
  }

  private mutating func count(_ prefix: ArraySlice<UInt8>, _ change: Int) {
    for topic in Topic.allCases where topic.rawValue.utf8.starts(with: prefix) { counts[topic, default: 0] += change }
  }
}
