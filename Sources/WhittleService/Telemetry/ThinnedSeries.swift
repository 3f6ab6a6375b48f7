/// Values over time, as far back as the first, in bounded memory: where there is no more room, every other one goes, and from
/// then on values are twice as far apart.
///
/// The first and the newest are always there, and they are in order. A pure state: it is told the time.
struct ThinnedSeries<Value> {
  struct Point {
    /// Seconds, on a clock that does not go back.
    let time: Double
    var value: Value
  }

  private(set) var points: [Point] = []
  /// Seconds between two points, at least, but for the newest, which may be nearer to the one before.
  private(set) var interval: Double
  private let capacity: Int

  /// - Parameters:
  ///   - capacity: how many points there are at most; at least 3.
  ///   - interval: seconds between two points, at first.
  init(capacity: Int, interval: Double) {
    self.capacity = max(3, capacity)
    self.interval = interval
  }

  /// Takes the newest value. It takes the place of the one before, where that is too near to its own predecessor to stay.
  ///
  /// - Complexity: amortized O(1)
  mutating func append(_ value: Value, at time: Double) {
    if points.count >= 2, points[points.count - 1].time - points[points.count - 2].time < interval {
      points.removeLast()
    } else if points.count == capacity {
      thin()
    }
    points.append(Point(time: time, value: value))
  }

  /// Changes every value in its place.
  mutating func update(_ body: (inout Value) -> Void) {
    for index in points.indices { body(&points[index].value) }
  }

  private mutating func thin() {
    interval *= 2
    var kept: [Point] = []
    kept.reserveCapacity(capacity)
    for (index, point) in points.enumerated() where index % 2 == 0 { kept.append(point) }
    points = kept
  }
}
