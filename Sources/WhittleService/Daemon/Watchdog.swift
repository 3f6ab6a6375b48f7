/// Tells systemd that a thread gets on. It belongs to that thread, which calls it in every turn of its loop: who is stuck says
/// nothing, and no other thread says it instead.
struct Watchdog {
  private let notifier: SystemdNotifier
  /// Seconds between two words; nil where nobody expects any.
  private let interval: Double?
  private var next = -Double.infinity

  /// How much longer a stop may take than the last word of it says. Seconds.
  private static let patience = 60.0

  init(_ notifier: SystemdNotifier) {
    self.notifier = notifier
    // Early enough for two words to get lost.
    interval = notifier.watchdogSeconds.map { $0 / 3 }
  }

  /// The thread has begun another turn.
  mutating func turned(now: Double) {
    guard let interval, now >= next else { return }
    // Where the socket is full, soon again; but not at once, which would keep the thread busy.
    next = now + (notifier.isAlive() ? interval : interval / 8)
  }

  /// Seconds until the thread has to turn again, at least 0; nil where it may wait for as long as it likes.
  func secondsLeft(now: Double) -> Double? { interval == nil ? nil : max(0, next - now) }

  /// The stop gets on, and is not to be cut off for some time.
  func extendStop(by seconds: Double) { notifier.extendTimeout(seconds: seconds + Watchdog.patience) }
}
