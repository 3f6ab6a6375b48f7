internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning
internal import ZeroMQ

/// Takes messages from the sockets of samples, and learns them.
extension Engine {
  /// How many messages, and about how many bytes, one socket may hand over before the others get their turn.
  private static let turn = 256
  private static let bytesATurn = 512 << 10

  /// Takes a turn's worth of messages, where any may be taken, and hands them to the journal when it is time.
  func takeTurn(_ socket: Socket) throws(ZeroMQError) -> Bool {
    // Also those of earlier turns, where no more are taken.
    defer { handOverMessagesWhenDue() }
    guard takesMessages(from: socket) else { return false }
    let (count, isEmpty) = try receive(from: socket)
    // Nothing that was not there needs the time.
    let now = count == 0 ? streamTime : clock.time(at: monotonicSeconds())
    if let delay = queues.took(count, from: socket, isEmpty: isEmpty, now: now) {
      measurements.queueDelaySeconds.record(delay)
    }
    return count > 0
  }

  /// Takes a turn's worth of messages.
  ///
  /// - Returns: how many there were, and whether there are no more.
  private func receive(from socket: Socket) throws(ZeroMQError) -> (count: Int, isEmpty: Bool) {
    var (count, bytes) = (0, 0)
    while count < Engine.turn, bytes < Engine.bytesATurn {
      guard try message.receive(from: socket, waiting: .never) else { return (count, true) }
      let size = message.byteCount
      (count, bytes) = (count + 1, bytes + size)
      if doors.looksAtMessages, !ingest.admits(message, from: socket, doors) { continue }
      let timed = measurements.begin(size) ? monotonicSeconds() : nil
      if socket === ingest.router { try learnAndAnswer(over: socket) } else { learnMessage() }
      if let timed { measurements.learnSeconds.record(monotonicSeconds() - timed) }
      // Only the count is looked at here; the clock is read once a turn.
      if publication.isDue(step: model.steps), !isAheadOfDisk { publish(now: monotonicSeconds()) }
      if readingCadence.isDue(step: model.steps) { watchDivergence(now: monotonicSeconds()) }
      if checkpoints.recurrence.isDue(step: model.steps) { writeCheckpointIfChanged(now: monotonicSeconds()) }
      // Who asks need not wait for a whole turn.
      if questionWatch.learned(bytes: size) { try answerQueries() }
    }
    return (count, false)
  }

  /// Learns the samples of the message just received, all or none.
  private func learnMessage() {
    counters.messages += 1
    do throws(SampleError) {
      guard message.count <= message.capacity else { throw SampleDecoder.wrongFrames(message.count) }
      _ = try learnMessage(from: 0, predicts: false)
    } catch {
      reject(outOfTurn(error), payload: message.count - 1)
    }
  }

  /// Learns the samples of the message just received, all or none, and counts them.
  ///
  /// - Parameters:
  ///   - first: the first frame that is its sender's own.
  ///   - predicts: whether predictions are wanted.
  /// - Throws: what is wrong with it; then nothing has changed.
  func learnMessage(from first: Int, predicts: Bool) throws(SampleError) -> MessageOutcome {
    let kind = predicts ? MessageKind.answer : .learn
    // The closure below may not read what changes belongs to `self`, of which the stream is a part.
    let passedOver = passedOver
    try message.withFrames(from: first) { (frames) throws(SampleError) in
      let isKept = try stream.accept(frames, for: kind.purpose) { (label, last) throws(SampleError) in
        if let error = missing(before: label, last: last, passedOver) { throw error }
      }
      if isKept { keep(frames, kind) }
    }
    if let label = stream.label { forgetPassedOver(label) }
    let outcome = stream.learn(predicts: predicts, at: streamTime)
    tell(outcome.room)
    tell(outcome.gaps)
    lastTarget = outcome.lastTarget ?? lastTarget
    counters.add(outcome)
    measurements.messageSamples.record(
      count: outcome.learned + outcome.unlearned + outcome.unmatched + outcome.duplicates.count)
    return outcome
  }
}
