internal import Logging
internal import OnlineLearning
internal import StreamLearning
internal import ZeroMQ

/// The end of an engine: nothing that was received is lost that it can still learn, and nothing that it learned.
extension Engine {
  /// While draining, quiet for this long means that nothing more is on its way. Milliseconds.
  private static let quiet = 150

  /// Learns what was received before the signal to stop, until nothing comes any more or time is up.
  func drain() throws(ZeroMQError) {
    logger.info("stopping: learning what was received")
    var now = monotonicSeconds()
    let end = now + settings.drainSeconds
    watchdog.extendStop(by: settings.drainSeconds)
    if let router = ingest.router {
      // What is not answered was not learned, and its sender knows that: there is no waiting for what is on its way.
      while now < end, try takeTurn(router) || !takesMessages(from: router) {
        if !takesMessages(from: router) { try waitForDisk() }
        now = monotonicSeconds()
      }
    }
    try ingest.stopListening()
    poller = Poller(ingest.sockets + [query], wake: mailbox.wake)
    var lastReceived = now
    while now < end {
      let received = try turn(waitingAtMost: Engine.quiet)
      now = monotonicSeconds()
      // While the disk is waited for, nobody knows what else there is.
      if received || ingest.sockets.contains(where: { !takesMessages(from: $0) }) { lastReceived = now }
      if (now - lastReceived) * 1000 >= Double(Engine.quiet) { return }
    }
    logger.warning("samples are still coming in, and shutdown.drain_seconds are over")
  }

  /// Waits for some time for a disk that the next messages wait for. Questions are answered meanwhile.
  private func waitForDisk() throws(ZeroMQError) {
    _ = try Poller([query], wake: mailbox.wake).wait(milliseconds: Engine.quiet)
    watchdog.turned(now: monotonicSeconds())
    try answerQueries()
    for letter in mailbox.takeAll() { try read(letter) }
    continueSnapshot()
  }

  /// Publishes a last time, and waits until the last checkpoint is durable.
  func finish() throws(DaemonError) {
    let now = monotonicSeconds()
    finishSnapshots()
    takeSnapshot(for: .publication, now: now)
    publisher.stop()
    do throws(ZeroMQError) {
      // Answers that it still had to put into words are sent on the way.
      while !publisherHasEnded { try waitForLetters() }
      // One that is being written may be older than the model.
      while checkpoints.isBusy { try waitForLetters() }
      if checkpoints.problem != nil || checkpoints.lastWrittenPosition != stream.state.position {
        writeCheckpoint(now: now)
        while checkpoints.isBusy { try waitForLetters() }
      }
    } catch {
      throw .messaging(error)
    }
    writer.stop()
    try endJournal()
    if let failure = checkpoints.lastFailure {
      throw .lastCheckpoint(failure, isJournaled: journal.safe(.durable) >= stream.state.position)
    }
    if let publisherFailure { throw .messaging(publisherFailure) }
    logger.info("stopped", metadata: ["step": "\(model.steps)", "samples": "\(counters.samples)"])
  }

  /// Waits until the journal is synced, and sends what answers waited for it.
  private func endJournal() throws(DaemonError) {
    guard let journalWriter else { return }
    handOverMessages()
    journalWriter.stop()
    do throws(ZeroMQError) {
      while !journalHasEnded { try waitForLetters() }
      try releaseAnswers()
    } catch {
      throw .messaging(error)
    }
    let unsafe = held.count + heldReplies.count
    if unsafe > 0 {
      logger.error(
        "messages were learned that are not safe; they were not acknowledged", metadata: ["messages": "\(unsafe)"])
    }
  }

  private func waitForLetters() throws(ZeroMQError) {
    let now = monotonicSeconds()
    watchdog.turned(now: now)
    // Samples that come now are for the next start; only letters end this wait.
    _ = try Poller([], wake: mailbox.wake).wait(
      milliseconds: watchdog.secondsLeft(now: now).map { Int(($0 * 1000).rounded(.up)) } ?? -1)
    let letters = mailbox.takeAll()
    // Somebody has got on.
    if !letters.isEmpty { watchdog.extendStop(by: 0) }
    for letter in letters { try read(letter) }
  }
}
