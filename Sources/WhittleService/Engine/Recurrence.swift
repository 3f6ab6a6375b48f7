/// When something that comes again after N steps or T seconds, whichever is first, is due. A pure state machine: it is
/// told the time.
struct Recurrence {
  private let cadence: Settings.Cadence
  private var lastStep: UInt64
  private var lastTime: Double
  private var restsUntil = -Double.infinity

  /// By time, what takes long rests so many times as long, so that it never takes more than a quarter of a processor.
  private static let restShare = 3.0

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
    cadence.seconds > 0 ? max(lastTime + cadence.seconds, restsUntil) - now : nil
  }

  /// What was begun has ended.
  mutating func rest(from began: Double, to ended: Double) {
    restsUntil = ended + Recurrence.restShare * max(0, ended - began)
  }

  /// It has just been done, or begun.
  mutating func restart(step: UInt64, now: Double) {
    lastStep = step
    lastTime = now
  }
}
