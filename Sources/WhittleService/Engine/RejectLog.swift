internal import Logging
internal import SampleFormats

/// Logs rejected messages, at most one a second, and how many went unlogged in between.
struct RejectLog {
  private let logger: Logger
  private var limit = RateLimit(perSecond: 1)

  init(_ logger: Logger) {
    self.logger = logger
  }

  mutating func record(_ error: SampleError, now: Double) {
    guard let unlogged = limit.admit(now: now) else { return }
    var metadata: Logger.Metadata = [
      "reason": "\(error.reason.rawValue)", "problem": "\(error.message)", "unlogged_before": "\(unlogged)",
    ]
    if let position = error.position { metadata["position"] = "\(position)" }
    logger.warning("message rejected", metadata: metadata)
  }
}
