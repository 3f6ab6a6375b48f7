/// Events a second over the last few seconds. Told the time, and bounded in memory.
struct RateMeter {
  private var marks: [(time: Double, count: UInt64)]
  /// The time that the rate looks back over, in seconds, and the least time between two marks.
  private static let window = 5.0
  private static let spacing = 0.25

  init(now: Double) {
    marks = [(now, 0)]
  }

  /// The rate as of now.
  ///
  /// - Parameters:
  ///   - count: all events so far.
  /// - Complexity: O(1)
  mutating func rate(now: Double, count: UInt64) -> Double {
    // The newest mark that is older than the window stays, as the one to measure from.
    while marks.count > 1, marks[1].time <= now - RateMeter.window { marks.removeFirst() }
    let first = marks[0]
    let elapsed = now - first.time
    if now - marks[marks.count - 1].time >= RateMeter.spacing { marks.append((now, count)) }
    return elapsed > 0 ? Double(count - first.count) / elapsed : 0
  }
}
