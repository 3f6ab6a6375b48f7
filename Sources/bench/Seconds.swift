internal import Glibc

/// What something took.
struct Seconds {
  /// By the clock on the wall.
  let wall: Double
  /// By all processors together; nil where nobody counted.
  var processor: Double?

  /// Runs `body`, once.
  static func measure(_ body: () throws -> Void) rethrows -> Seconds {
    let before = processorTime()
    let wall = try ContinuousClock().measure(body) / .seconds(1)
    return Seconds(wall: wall, processor: processorTime() - before)
  }

  /// What one of so many took.
  func per(_ count: Int) -> Seconds {
    Seconds(wall: wall / Double(count), processor: processor.map { $0 / Double(count) })
  }

  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
