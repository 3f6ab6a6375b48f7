internal import Glibc

/// When each sample is due at a steady rate: sample i at i / rate after the start, whatever happened before.
struct RateSchedule {
  /// Samples per second, more than 0; nil for as fast as they are taken.
  let rate: Double?

  /// How long after the start the sample after `samples` others is due.
  func due(after samples: Int) -> Duration {
    guard let rate else { return .zero }
    // A year is longer than any run, and a Duration cannot hold every Double.
    return .seconds(min(Double(samples) / rate, 366 * 86400))
  }

  /// How long to wait at `elapsed` after the start; zero when the sample is due or late.
  func wait(after samples: Int, elapsed: Duration) -> Duration {
    let due = due(after: samples)
    return due > elapsed ? due - elapsed : .zero
  }
}

/// Suspends this thread.
func pause(_ duration: Duration) {
  let (seconds, attoseconds) = duration.components
  var wanted = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
  var left = timespec()
  while nanosleep(&wanted, &left) != 0, errno == EINTR { wanted = left }
}
