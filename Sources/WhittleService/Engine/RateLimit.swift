/// Lets through so many of some occurrences a second, evenly, and counts those that it holds back. A pure state
/// machine: it is told the time.
struct RateLimit {
  /// Seconds between two that are let through; nil where none is.
  private let interval: Double?
  private var lastTime = -Double.infinity
  private var heldBack: UInt64 = 0

  /// - Parameter perSecond: at least 0.
  init(perSecond: Double) {
    interval = perSecond > 0 ? 1 / perSecond : nil
  }

  /// - Returns: for one that is let through, how many were held back since the last; nil for one that is held back.
  mutating func admit(now: Double) -> UInt64? {
    guard let interval, now - lastTime >= interval else {
      heldBack += 1
      return nil
    }
    lastTime = now
    defer { heldBack = 0 }
    return heldBack
  }
}
