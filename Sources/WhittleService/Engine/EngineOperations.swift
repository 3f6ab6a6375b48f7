internal import Logging
internal import ModelStore
internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// What people do to the model besides feeding it. It is journaled among the messages, so that recovery does it again in the same
/// place, and answered once that is safe.
extension Engine {
  /// Goes on under other hyperparameters.
  func set(_ values: [String: JSONValue], for envelope: Envelope) throws(ZeroMQError) {
    let changed: LoadedSettings
    let text: String
    do {
      changed = try loaded.changed(by: values)
      text = try changed.learning.text()
    } catch let failure as QueryFailure {
      return try send(encodedFailure(failure), to: envelope)
    } catch {
      return try send(encodedFailure(QueryFailure(.internal, "\(error)")), to: envelope)
    }
    let before = loaded
    if changed.settings.learner != before.settings.learner || changed.overrides != before.overrides {
      completeSnapshots()
      guard stream.change(changed.learning) else {
        return try send(encodedFailure(QueryFailure(.internal, "there is no memory for the change")), to: envelope)
      }
      keepOperation(.settings, [Array(text.utf8)])
      adopt(changed, for: text)
      journalWriter?.change(settings: text)
      _ = tell(before, changed)
    }
    let configuration = Dictionary(
      uniqueKeysWithValues: Hyperparameter.all.map { ($0.key, JSONValue($0.read(changed.settings.learner))) })
    let reply = SettingsChanged(step: model.steps, position: stream.state.position, configuration: configuration)
    try hold(encodedReply(reply), to: envelope)
  }

  /// Begins a new model.
  func reset(for envelope: Envelope) throws(ZeroMQError) {
    completeSnapshots()
    let step = model.steps
    guard stream.reset() else {
      return try send(encodedFailure(QueryFailure(.internal, "there is no memory for a new model")), to: envelope)
    }
    keepOperation(.reset, [])
    let now = monotonicSeconds()
    beginAnew(now: now)
    logger.notice("the model was reset", metadata: ["step": "\(step)", "position": "\(stream.state.position)"])
    publisher.publish(
      Event(.modelReset, step: model.steps, time: unixSeconds(), message: "a new model begins after step \(step)"))
    publish(now: now)
    try hold(encodedReply(ModelReset(step: step, position: stream.state.position)), to: envelope)
  }

  /// Hands over all snapshots that are asked for, of the model as it is.
  func completeSnapshots() {
    while model.isTakingSnapshot { continueSnapshot(copying: .max) }
  }

  /// Keeps what was just done.
  func keepOperation(_ kind: MessageKind, _ frames: [[UInt8]]) {
    if journal.isOpen {
      let all = frames.flatMap { $0 }
      all.span.bytes.withUnsafeBytes { bytes in
        let lent = frames.isEmpty ? [] : [bytes]
        journalBatch.append(
          position: stream.state.position, time: streamTime, kind: kind.rawValue, frames: lent.span)
      }
    }
    handOverMessages()
  }

  /// Tells of settings that are others than before.
  ///
  /// - Returns: them, by key, as they are now.
  func tell(_ before: LoadedSettings, _ after: LoadedSettings) -> [String: JSONValue] {
    var changes: [String: JSONValue] = [:]
    for setting in SettingTable.all {
      let (old, new) = (setting.read(before.settings), setting.read(after.settings))
      if old == new { continue }
      changes[setting.key] = new
      logger.notice(
        "a setting was changed; it holds from here on",
        metadata: ["key": "\(setting.key)", "before": "\(Setting.text(old))", "now": "\(Setting.text(new))"])
    }
    let words = changes.sorted { $0.key < $1.key }.map { "\($0.key) is \(Setting.text($0.value))" }
    if words.isEmpty { return changes }
    publisher.publish(
      Event(
        .settingsChanged, step: model.steps, time: unixSeconds(),
        message: "from here on " + words.joined(separator: ", "), settings: changes))
    return changes
  }

  /// Answers a question once what was done is as safe as it gets: not where there is no journal.
  func hold(_ answer: [UInt8], to envelope: Envelope) throws(ZeroMQError) {
    guard let journalWriter else { return try send(answer, to: envelope) }
    heldReplies.hold(answer, to: envelope, until: stream.state.position)
    // Should it have got there already, no letter comes.
    try journalProgressed(journalWriter.awaitProgress())
  }

  /// Sends answers to questions whose effects are safe.
  func releaseReplies() throws(ZeroMQError) {
    guard heldReplies.count > 0 else { return }
    let safe = journal.safe(settings.journal.sync == .none ? .journaled : .durable)
    while let (envelope, answer) = heldReplies.next(safe: safe) { try send(answer, to: envelope) }
    if heldReplies.count == 0 { journalWriter?.stopAwaitingProgress() }
  }
}
