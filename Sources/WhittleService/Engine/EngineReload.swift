internal import Logging
internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// Settings that were read again, or what is wrong with them.
struct NewConfiguration: Sendable {
  let read: Result<LoadedSettings, QueryFailure>
  /// Who asked for it; nil where it was a signal.
  let envelope: Envelope?
  /// Called once with what holds from here on, or with what is wrong. Does not wait for anything.
  let done: @Sendable (Result<LoadedSettings, QueryFailure>) -> Void
}

extension Engine {
  /// Goes on under settings that were read again, as far as they may change now. All of it, or nothing.
  func reload(_ new: NewConfiguration) throws(ZeroMQError) {
    let reload: LoadedSettings.Reload
    let before = loaded
    do {
      if isStopping { throw QueryFailure(.stopping, "the daemon is stopping") }
      reload = try loaded.reloaded(as: new.read.get())
      try learn(under: reload.loaded)
    } catch {
      let failure = (error as? QueryFailure) ?? QueryFailure(.badConfiguration, "\(error)")
      if failure.code != .stopping { tellRefusal(failure) }
      new.done(.failure(failure))
      if let envelope = new.envelope { try send(encodedFailure(failure), to: envelope) }
      return
    }
    let now = monotonicSeconds()
    adopt(reload.loaded, for: journalSettings)
    beginAgain(after: before.settings, now: now)
    Restoration.tell(reload.givenUp, logger)
    let changes = tell(before, loaded)
    let pending = reload.pending.map(\.key)
    if !pending.isEmpty {
      logger.warning(
        "settings in the configuration are others than those in force, and hold from the next start on",
        metadata: ["settings": "\(pending.joined(separator: " "))"])
    }
    logger.notice("configuration read again", metadata: ["changed": "\(changes.count)", "pending": "\(pending.count)"])
    tellReload(changes: changes.count, pending: pending)
    new.done(.success(loaded))
    guard let envelope = new.envelope else { return }
    try hold(
      encodedReply(
        SettingsReloaded(step: model.steps, position: stream.state.position, changed: changes, pending: pending)),
      to: envelope)
  }

  private func tellReload(changes: Int, pending: [String]) {
    let later = pending.isEmpty ? "" : "; from the next start on: \(pending.joined(separator: ", "))"
    publisher.publish(
      Event(
        .configurationReloaded, step: model.steps, time: unixSeconds(),
        message: "the configuration was read again; settings that changed: \(changes)\(later)", pending: pending))
  }

  private func tellRefusal(_ failure: QueryFailure) {
    publisher.publish(
      Event(
        .configurationRefused, step: model.steps, time: unixSeconds(),
        message: "the configuration was read again and not taken over; the one before holds: \(failure.message)",
        error: failure.message))
  }

  /// Has messages learned under other settings from here on, and the journal say so.
  ///
  /// - Throws: where there is no memory for it; then nothing has changed.
  private func learn(under new: LoadedSettings) throws {
    guard new.learning != loaded.learning else { return }
    let text = try new.learning.text()
    guard let questions = SampleQuestions(new.learning) else {
      throw QueryFailure(.internal, "there is no memory to read messages under other settings")
    }
    completeSnapshots()
    guard stream.change(new.learning) else {
      throw QueryFailure(.internal, "there is no memory to read messages under other settings")
    }
    self.questions = questions
    keepOperation(.settings, [Array(text.utf8)])
    adopt(new, for: text)
    journalWriter?.change(settings: text)
  }

  /// Has what follows settings follow those that are in force now.
  private func beginAgain(after before: Settings, now: Double) {
    if settings.publishEvery != before.publishEvery {
      publication = Recurrence(settings.publishEvery, step: model.steps, now: now)
    }
    if settings.checkpointEvery != before.checkpointEvery {
      checkpoints.recurrence = Recurrence(settings.checkpointEvery, step: model.steps, now: now)
    }
    if settings.checkpointRetention != before.checkpointRetention { writer.keep(settings.checkpointRetention) }
    if settings.rejectsPerSecond != before.rejectsPerSecond {
      rejectEvents = RateLimit(perSecond: Double(settings.rejectsPerSecond))
    }
    let (drift, driftBefore) = (settings.events, before.events)
    if drift.drift != driftBefore.drift || drift.driftDelta != driftBefore.driftDelta
      || drift.driftThreshold != driftBefore.driftThreshold
    {
      beginWatchingDrift()
    }
    publisher.adopt(settings)
    // Subscribers need not wait for the form that they will get.
    if settings.publishing != before.publishing { publish(now: now) }
  }
}
