internal import Synchronization

/// Whether a thread that works in turns gets on with them. It tells when it begins to work, and when it begins to wait.
final class Heartbeat: Sendable {
  /// The bits of the seconds at which the present work began; 0 while it waits.
  private let began = Atomic<UInt64>(0)

  /// - Parameter now: seconds, on a clock that does not go back.
  func work(since now: Double) { began.store(now.bitPattern, ordering: .relaxed) }

  func rest() { began.store(0, ordering: .relaxed) }

  /// For how long the present work goes on; 0 while it waits.
  func seconds(now: Double) -> Double {
    let bits = began.load(ordering: .relaxed)
    return bits == 0 ? 0 : max(0, now - Double(bitPattern: bits))
  }
}
