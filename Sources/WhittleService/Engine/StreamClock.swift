/// The time that samples come at, in seconds since 1970 as far as the machine knows it: it does not go back, neither while
/// the daemon runs nor from one start to the next.
struct StreamClock {
  private let offset: Double

  /// - Parameter time: the last that a daemon before this one told; nil where there was none.
  init(after time: Double?) {
    offset = max(unixSeconds(), time ?? 0) - monotonicSeconds()
  }

  var now: Double { time(at: monotonicSeconds()) }

  /// The time at a moment of the machine's clock that nothing sets back.
  func time(at moment: Double) -> Double { offset + moment }
}
