internal import Logging
internal import SampleFormats

/// Logs rejected messages, at most one a second, and how many went unlogged in between.
struct RejectLog {
  private let logger: Logger
  private var lastTime = -Double.infinity
  private var unlogged = 0
  private static let interval = 1.0

  init(_ logger: Logger) {
    self.logger = logger
  }

  mutating func record(_ error: SampleError, now: Double) {
    guard now - lastTime >= RejectLog.interval else {
      unlogged += 1
      return
    }
    var metadata: Logger.Metadata = [
      "reason": "\(error.reason.rawValue)", "problem": "\(error.message)", "unlogged_before": "\(unlogged)",
    ]
    if let position = error.position { metadata["position"] = "\(position)" }
    logger.warning("message rejected", metadata: metadata)
    lastTime = now
    unlogged = 0
  }
}
