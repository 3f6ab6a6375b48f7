/// When progressive validation is read for the watch on divergence. A pure state machine: it is told the time.
///
/// A reading costs as much as a few hundred samples, for some losses more. So after the first ones, which come every 256
/// samples, there are at most ten a second, and they cost a stream nothing however fast it is.
struct ReadingCadence {
  private var lastStep: UInt64
  private var lastTime: Double
  private var readings = 0

  private static let samples: UInt64 = 256
  private static let seconds = 0.1
  private static let firstOnes = 64

  init(step: UInt64, now: Double) {
    lastStep = step
    lastTime = now
  }

  /// Whether one of the first is due.
  func isDue(step: UInt64) -> Bool {
    step - lastStep >= Self.samples && readings < Self.firstOnes
  }

  /// Whether one is due.
  func isDue(step: UInt64, now: Double) -> Bool {
    isDue(step: step) || secondsLeft(step: step, now: now).map { $0 <= 0 } ?? false
  }

  /// Seconds until one is due; nil where that waits for samples.
  func secondsLeft(step: UInt64, now: Double) -> Double? {
    step - lastStep >= Self.samples ? lastTime + Self.seconds - now : nil
  }

  /// One has just been taken.
  mutating func restart(step: UInt64, now: Double) {
    lastStep = step
    lastTime = now
    readings += 1
  }
}
