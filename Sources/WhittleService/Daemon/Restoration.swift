internal import Logging
internal import ModelStore
internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol

/// What a start begins with: what the newest whole checkpoint holds and the messages that the journal has after it, or
/// nothing learned yet.
struct Restoration {
  let recovered: Recovered
  let store: CheckpointStore
  /// The settings, with those that had been set while a daemon ran.
  let loaded: LoadedSettings

  /// - Parameter progress: called again and again while it gets on, with what it does.
  /// - Throws: when the directory cannot be read, when no checkpoint in it is whole, when the journal is damaged in the middle,
  ///   or when the configuration asks for another model than the one in it.
  init(
    _ loaded: LoadedSettings, on files: any FileSystem, logger: Logger,
    progress: @escaping (StartProgress.Step) -> Void = { _ in }
  ) throws(DaemonError) {
    let settings = loaded.settings
    progress(.checkpoint)
    let newest: CheckpointStore.Newest
    do throws(StoreError) {
      var store = try CheckpointStore(directory: settings.stateDirectory, on: files)
      newest = try store.newest()
      self.store = store
    } catch {
      throw .state(error)
    }
    for problem in newest.skipped {
      logger.error("a checkpoint cannot be used and is skipped", metadata: ["error": "\(problem)"])
    }
    let restored = newest.checkpoint.map {
      StreamLearner.State(
        $0.model, sequences: $0.sequences, delayed: $0.delayed, overrides: $0.overrides, position: $0.position)
    }
    if let restored, let entry = newest.entry {
      logger.info(
        "model restored",
        metadata: ["file": "\(entry.path)", "step": "\(restored.model.steps)", "position": "\(restored.position)"])
    }
    let replay: StreamReplay
    let lacksMessages: Bool
    do throws(DaemonError) {
      (replay, lacksMessages) = try Restoration.replay(after: restored, settings, files, logger, progress)
    } catch {
      // A journal that does not go back to the beginning is missed only because of the checkpoints.
      guard restored == nil, !newest.skipped.isEmpty, case .state(.journalDamaged) = error else { throw error }
      throw .noWholeCheckpoint(directory: settings.stateDirectory, newest.skipped)
    }
    guard let state = replay.state else {
      if !newest.skipped.isEmpty {
        throw .noWholeCheckpoint(directory: settings.stateDirectory, newest.skipped)
      }
      self.loaded = loaded
      recovered = Recovered(state: StreamLearner.State(loaded.learning))
      logger.info("starting with a new model", metadata: ["directory": "\(settings.stateDirectory)"])
      return
    }
    try Restoration.checkAgreement(state.model, loaded)
    var today = loaded
    let givenUp = today.takeOver(state.overrides)
    Restoration.tell(givenUp, logger)
    self.loaded = today
    Restoration.tellChanges(state.model, today.settings.learner, logger)
    var recovered = Recovered(state: state.under(today.learning))
    if let checkpoint = newest.checkpoint, let entry = newest.entry, let restored {
      recovered.checkpoint = Stats.Checkpoint(
        step: restored.model.steps, file: entry.path, ageSeconds: max(0, unixSeconds() - checkpoint.time))
      recovered.checkpointPosition = restored.position
      recovered.time = checkpoint.time
    }
    recovered.lacksMessages = lacksMessages
    recovered.isOutdated = !givenUp.isEmpty
    if let time = replay.time { recovered.time = max(recovered.time ?? 0, time) }
    self.recovered = recovered
  }

  /// Learns again what the journal has and the checkpoint has not.
  ///
  /// - Returns: what came of it, and whether messages in the middle were missing.
  private static func replay(
    after restored: StreamLearner.State?, _ settings: Settings, _ files: any FileSystem, _ logger: Logger,
    _ progress: @escaping (StartProgress.Step) -> Void
  ) throws(DaemonError) -> (StreamReplay, lacksMessages: Bool) {
    var replay = StreamReplay(after: restored)
    replay.learned = { progress(.journal($0)) }
    let report: JournalReport
    do throws(StoreError) {
      try files.makeDirectory(settings.journalDirectory)
      report = try replay.run(settings.journalDirectory, on: files, pastDamage: settings.journal.pastDamage)
    } catch {
      throw .state(error)
    }
    if report.records > 0, let state = replay.state {
      logger.info(
        "journal learned again",
        metadata: [
          "messages": "\(report.records)", "bytes": "\(report.bytes)", "step": "\(state.model.steps)",
          "position": "\(state.position)",
        ])
    }
    tell(report, logger)
    return (replay, !report.gaps.isEmpty)
  }

  /// Tells of messages that the journal does not have, or had in vain.
  private static func tell(_ report: JournalReport, _ logger: Logger) {
    if let dropped = report.dropped {
      logger.warning(
        "the end of the journal was given up: \(dropped.reason)",
        metadata: [
          "position": "\(dropped.position)", "bytes": "\(dropped.bytes)", "whole_messages": "\(dropped.records)",
          "files": "\(dropped.segments.map(\.path).joined(separator: " "))",
        ])
    }
    for gap in report.gaps {
      logger.error(
        "messages are missing from the journal; going on without them, as journal.past_damage says: \(gap.problem)",
        metadata: [
          "file": "\(gap.path)", "offset": "\(gap.offset)", "position": "\(gap.position)", "messages": "\(gap.missing)",
        ])
    }
  }

  /// Tells of what was set while a daemon ran, and does not hold any more.
  static func tell(_ givenUp: [LoadedSettings.GivenUp], _ logger: Logger) {
    for override in givenUp {
      logger.notice(
        "what had been set while the daemon ran does not hold any more: \(override.reason)",
        metadata: ["key": "\(override.key)", "before": "\(override.value)"])
    }
  }

  /// The settings that a model cannot change once it has learned.
  private static func checkAgreement(
    _ model: Model, _ loaded: LoadedSettings
  ) throws(DaemonError) {
    let (learned, asked) = (model.configuration, loaded.settings.learner)
    let (space, features) = (model.space.state, loaded.settings.features)
    let fixed = [
      ("model.loss", learned.loss.rawValue, asked.loss.rawValue),
      ("model.intercept", String(learned.intercept), String(asked.intercept)),
      ("features.space", space.space.rawValue, features.space.rawValue),
      ("features.bits", String(space.bits ?? features.bits), String(features.bits)),
      ("features.width", String(space.width ?? features.width), String(features.width)),
    ]
    for (key, before, now) in fixed where before != now {
      let place = loaded.place(of: key).map { " (\($0))" } ?? " (the default)"
      throw .contradiction(
        """
        the model in \(loaded.settings.stateDirectory) was learned with \(key) = \(before), and the configuration says \
        \(now)\(place): set \(key) to \(before) to go on with that model, or give the new one a state.directory of its own
        """)
    }
  }

  /// Tells of settings that are others today: the restored model shrinks or learns differently from here on.
  private static func tellChanges(_ model: Model, _ settings: LearnerConfiguration, _ logger: Logger) {
    var before = Settings()
    before.learner = model.configuration.inForce
    var now = before
    now.learner = settings.inForce
    for setting in SettingTable.all where setting.read(before) != setting.read(now) {
      logger.notice(
        "a setting differs from those that the model was learned with; it holds from here on",
        metadata: [
          "key": "\(setting.key)", "before": "\(Setting.text(setting.read(before)))",
          "now": "\(Setting.text(setting.read(now)))",
        ])
    }
  }
}
