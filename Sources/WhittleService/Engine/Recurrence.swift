/// When something that comes again after N steps or T seconds, whichever is first, is due. A pure state machine: it is
/// told the time.
struct Recurrence {
  private let cadence: Settings.Cadence
  private var lastStep: UInt64
  private var lastTime: Double

  init(_ cadence: Settings.Cadence, step: UInt64, now: Double) {
    self.cadence = cadence
    lastStep = step
    lastTime = now
  }

  /// Whether enough steps have passed.
  func isDue(step: UInt64) -> Bool {
    cadence.samples > 0 && step - lastStep >= UInt64(cadence.samples)
  }

  /// Whether enough steps or seconds have passed.
  func isDue(step: UInt64, now: Double) -> Bool {
    isDue(step: step) || secondsLeft(now: now).map { $0 <= 0 } ?? false
  }

  /// Seconds until it is due by time; nil where it never is.
  func secondsLeft(now: Double) -> Double? {
    cadence.seconds > 0 ? lastTime + cadence.seconds - now : nil
  }

  /// It has just been done, or begun.
  mutating func restart(step: UInt64, now: Double) {
    lastStep = step
    lastTime = now
  }
}
