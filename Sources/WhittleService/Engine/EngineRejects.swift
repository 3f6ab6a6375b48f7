internal import OnlineLearning
internal import SampleFormats
internal import WhittleProtocol
internal import ZeroMQ

/// What becomes of messages that cannot be learned.
extension Engine {
  /// Counts a rejected message, and tells the log and subscribers of it, each as often as it may.
  ///
  /// - Parameter frame: the message's first frame of payload.
  /// - Returns: what is told of it.
  @discardableResult
  func reject(_ error: SampleError, payload frame: Int) -> Event.Rejection {
    counters.rejected[error.reason, default: 0] += 1
    let now = monotonicSeconds()
    rejects.record(error, now: now)
    var rejection = Event.Rejection(
      reason: error.reason.rawValue, position: error.position, source: error.source, firstText: nil, firstHex: nil,
      unpublishedBefore: 0)
    guard let unpublished = rejectEvents.admit(now: now) else { return rejection }
    rejection.unpublishedBefore = unpublished
    // A message of very many frames does not keep the last ones.
    if frame < min(message.count, message.capacity) {
      switch message.withFrame(frame, { PayloadStart($0) }) {
      case .text(let text): rejection.firstText = text
      case .hex(let digits): rejection.firstHex = digits
      }
    }
    publisher.publish(
      Event(.messageRejected, step: model.steps, time: unixSeconds(), message: error.message, rejection: rejection))
    return rejection
  }
}
