internal import ModelStore
internal import OnlineLearning
internal import SampleFormats

/// Messages that are only learned after another one of their source, so that one that was lost on the way can still come.
///
/// A message with `previous` that is rejected for what it holds lets the next one pass: it would be rejected again and
/// again, and a sender has many behind it on their way. That it was passed over is in memory only: nothing that lasts
/// follows from a rejected message. A sender that goes on after a restart learns from the answer which was the last one that was
/// accepted, and names that.
///
/// What a journal holds was accepted in its turn, and is not asked for it again.
extension Engine {
  /// Learns the samples of the message just decoded, if it is its turn.
  ///
  /// - Throws: when the message that it follows is not here, or there is no room for its sources; then none is learned.
  func learnInTurn(predicts: Bool) throws(SampleError) -> SampleOutcome {
    let label = batch.labels.message
    do throws(SampleError) {
      if let label, let error = missing(before: label) {
        // What the message named anew goes with it.
        model.space.truncate(to: model.learner.count)
        throw error
      }
      let outcome = try learnBatch(predicts: predicts)
      if let label, let passed = passedOver[label.source], lastNumber(of: label) >= passed {
        passedOver[label.source] = nil
      }
      return outcome
    } catch {
      throw error.about(label)
    }
  }

  /// What a message is rejected for that has this error: that it was not its turn, if so, and else the error, after which its
  /// successor may come.
  func outOfTurn(_ error: SampleError) -> SampleError {
    guard let label = error.label, label.previous != nil, error.reason != .sequence else { return error }
    if let error = missing(before: label) { return error.about(label) }
    guard sequences.knows(label.source.span) || sequences.count + passedOver.count < settings.limits.sources else {
      // A source that there is no room for has no turns: nothing is kept for it, and no number told.
      return error.about(nil)
    }
    if label.seq > lastNumber(of: label) { passedOver[label.source] = max(label.seq, passedOver[label.source] ?? 0) }
    return error
  }

  /// The highest number of an accepted message of the source; 0 where there was none.
  func lastNumber(of label: SampleLabels.MessageLabel) -> UInt64 { sequences.last(of: label.source.span) ?? 0 }

  /// The error about a message whose turn it is not; nil where it may come, or was here before.
  private func missing(before label: SampleLabels.MessageLabel) -> SampleError? {
    guard let previous = label.previous else { return nil }
    let last = lastNumber(of: label)
    guard label.seq > last, previous > last, previous > passedOver[label.source] ?? 0 else { return nil }
    let source = String(decoding: label.source, as: UTF8.self)
    return SampleError(
      .sequence,
      "message \(label.seq) of source \"\(source.prefix(60))\" follows \(previous), and the last that is here is \(last); "
        + "send again what comes after \(last)", from: source.isEmpty ? nil : source)
  }
}
