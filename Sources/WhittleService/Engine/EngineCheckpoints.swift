internal import Logging
internal import ModelStore
internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// What the engine knows of its checkpoints. A pure state: the engine asks it and tells it.
struct CheckpointState {
  var recurrence: Recurrence
  /// Whether the writer has one in hand.
  var isBusy = false
  /// Of the messages that it covers, the last.
  var positionInHand: UInt64 = 0
  /// Those who asked for the one in hand, and those who asked since: they need a newer one.
  var waiting: [Envelope] = []
  var waitingForNext: [Envelope] = []
  /// The step of the newest durable one; nil where there is none.
  private(set) var lastWrittenStep: UInt64?
  /// Of the messages that it covers, the last.
  private(set) var lastWrittenPosition: UInt64?
  private(set) var lastFailure: StoreError?
  private var file: String?
  private var time: Double

  init(_ cadence: Settings.Cadence, step: UInt64, now: Double, newest: Stats.Checkpoint?, position: UInt64?) {
    recurrence = Recurrence(cadence, step: step, now: now)
    lastWrittenStep = newest?.step
    lastWrittenPosition = position
    file = newest?.file
    time = now - (newest?.ageSeconds ?? 0)
  }

  /// Why the daemon is degraded, if it is.
  var problem: String? { lastFailure.map { "the last checkpoint could not be written: \($0)" } }

  func newest(now: Double) -> Stats.Checkpoint? {
    guard let lastWrittenStep, let file else { return nil }
    return Stats.Checkpoint(step: lastWrittenStep, file: file, ageSeconds: now - time)
  }

  mutating func record(_ written: CheckpointWritten, now: Double) {
    lastWrittenStep = written.step
    lastWrittenPosition = positionInHand
    lastFailure = nil
    file = written.file
    time = now
  }

  mutating func record(_ failure: StoreError) {
    lastFailure = failure
  }
}

extension Engine {
  /// Hands the model to the writer where there is something new to write and the writer is free.
  func writeCheckpointIfChanged(now: Double) {
    guard !checkpoints.isBusy else { return }
    if checkpoints.lastWrittenPosition == stream.state.position, checkpoints.problem == nil {
      checkpoints.recurrence.restart(step: model.steps, now: now)
    } else {
      writeCheckpoint(now: now)
    }
  }

  func writeCheckpoint(now: Double) {
    checkpoints.isBusy = true
    checkpoints.recurrence.restart(step: model.steps, now: now)
    takeSnapshot(for: .checkpoint, now: now)
  }

  /// A client asks for a checkpoint that covers all that is learned now.
  func checkpointAsked(by envelope: Envelope) {
    if checkpoints.isBusy {
      checkpoints.waitingForNext.append(envelope)
    } else {
      checkpoints.waiting.append(envelope)
      writeCheckpoint(now: monotonicSeconds())
    }
  }

  /// The writer is done with the one in hand.
  func checkpointEnded(_ result: Result<CheckpointWritten, StoreError>) throws(ZeroMQError) {
    let now = monotonicSeconds()
    checkpoints.isBusy = false
    let answer: [UInt8]
    switch result {
    case .success(let written):
      if checkpoints.problem != nil { logger.notice("recovered: a checkpoint could be written again") }
      // As long as older checkpoints are kept, so is what leads from one of them to the newest, should that be damaged.
      let before =
        settings.checkpointRetention.newest > 1 ? checkpoints.lastWrittenPosition ?? 0 : checkpoints.positionInHand
      checkpoints.record(written, now: now)
      measurements.checkpointsWritten += 1
      measurements.checkpointSeconds.record(written.seconds)
      telemetry?.take(
        CheckpointReport(
          time: unixSeconds(), step: written.step, file: written.file, bytes: written.bytes, seconds: written.seconds))
      try journalCovered(through: checkpoints.positionInHand, removing: before)
      logger.info(
        "checkpoint written",
        metadata: [
          "step": "\(written.step)", "file": "\(written.file)", "bytes": "\(written.bytes)",
          "seconds": "\(Float(written.seconds))",
        ])
      publisher.publish(Event(written, time: unixSeconds()))
      answer = encodedReply(written)
    case .failure(let error):
      checkpoints.record(error)
      measurements.checkpointsFailed += 1
      logger.error("degraded: a checkpoint could not be written; learning goes on", metadata: ["error": "\(error)"])
      answer = encodedFailure(QueryFailure(.checkpointFailed, "\(error)"))
    }
    tellHealth()
    for envelope in checkpoints.waiting { try send(answer, to: envelope) }
    checkpoints.waiting = checkpoints.waitingForNext
    checkpoints.waitingForNext = []
    if !checkpoints.waiting.isEmpty { writeCheckpoint(now: now) }
  }
}

extension Event {
  fileprivate init(_ written: CheckpointWritten, time: Double) {
    self.init(
      .checkpointWritten, step: written.step, time: time,
      message: "the model as of step \(written.step) is in \(written.file)",
      checkpoint: Checkpoint(file: written.file, bytes: written.bytes, seconds: written.seconds))
  }
}
