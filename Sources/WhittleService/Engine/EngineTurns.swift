internal import ModelStore
internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning

/// Messages that are only learned after another one of their source, so that one that was lost on the way can still come.
///
/// A message with `previous` that is rejected for what it holds lets the next one pass: it would be rejected again and
/// again, and a sender has many behind it on their way. That it was passed over is in memory only: nothing that lasts
/// follows from a rejected message. A sender that goes on after a restart learns from the answer which was the last one that was
/// accepted, and names that.
///
/// What a journal holds was accepted in its turn, and is not asked for it again.
extension Engine {
  /// A message was accepted: those of its source that were passed over before it do not matter any more.
  func forgetPassedOver(_ label: SampleLabels.MessageLabel) {
    if let passed = passedOver[label.source], max(label.seq, lastNumber(of: label)) >= passed {
      passedOver[label.source] = nil
    }
  }

  /// What a message is rejected for that has this error: that it was not its turn, if so, and else the error, after which its
  /// successor may come.
  func outOfTurn(_ error: SampleError) -> SampleError {
    guard let label = error.label, label.previous != nil, error.reason != .sequence else { return error }
    if let error = missing(before: label, last: lastNumber(of: label), passedOver) { return error.about(label) }
    guard
      stream.state.sequences.knows(label.source.span)
        || stream.state.sequences.count + passedOver.count < settings.limits.sources
    else {
      // A source that there is no room for has no turns: nothing is kept for it, and no number told.
      return error.about(nil)
    }
    if label.seq > lastNumber(of: label) { passedOver[label.source] = max(label.seq, passedOver[label.source] ?? 0) }
    return error
  }

  /// The highest number of an accepted message of the source; 0 where there was none.
  func lastNumber(of label: SampleLabels.MessageLabel) -> UInt64 {
    stream.state.sequences.last(of: label.source.span) ?? 0
  }
}

/// The error about a message whose turn it is not; nil where it may come, or was here before.
///
/// - Parameters:
///   - last: the highest number of its source.
///   - passedOver: likewise of rejected ones, by source.
func missing(
  before label: SampleLabels.MessageLabel, last: UInt64, _ passedOver: [[UInt8]: UInt64]
) -> SampleError? {
  guard let previous = label.previous, label.seq > last, previous > last, previous > passedOver[label.source] ?? 0
  else {
    return nil
  }
  let source = String(decoding: label.source, as: UTF8.self)
  return SampleError(
    .sequence,
    "message \(label.seq) of source \"\(source.prefix(60))\" follows \(previous), and the last that is here is \(last); "
      + "send again what comes after \(last)", from: source.isEmpty ? nil : source)
}
