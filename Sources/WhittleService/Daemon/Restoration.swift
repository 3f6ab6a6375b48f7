internal import Logging
internal import ModelStore
internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol

/// What a start begins with: what the newest whole checkpoint holds, or nothing learned yet.
struct Restoration {
  let recovered: Recovered
  let store: CheckpointStore

  /// - Throws: when the directory cannot be read, when no checkpoint in it is whole, or when the configuration asks
  ///   for another model than the one in it.
  init(_ loaded: LoadedSettings, logger: Logger) throws(DaemonError) {
    let directory = loaded.settings.stateDirectory
    let newest: CheckpointStore.Newest
    do throws(StoreError) {
      var store = try CheckpointStore(directory: directory)
      newest = try store.newest()
      self.store = store
    } catch {
      throw .state(error)
    }
    for problem in newest.skipped {
      logger.error("a checkpoint cannot be used and is skipped", metadata: ["error": "\(problem)"])
    }
    guard let restored = newest.checkpoint, let entry = newest.entry else {
      if !newest.skipped.isEmpty { throw .noWholeCheckpoint(directory: directory, newest.skipped) }
      recovered = Recovered(state: StreamLearner.State(loaded.settings.learning))
      logger.info("starting with a new model", metadata: ["directory": "\(directory)"])
      return
    }
    let state = StreamLearner.State(
      restored.model, sequences: restored.sequences, delayed: restored.delayed, position: restored.position)
    try Restoration.checkAgreement(restored.model, loaded, file: entry.path)
    logger.info(
      "model restored", metadata: ["file": "\(entry.path)", "step": "\(restored.model.steps)"])
    Restoration.tellChanges(restored.model, loaded.settings.learner, logger)
    recovered = Recovered(
      state: state.under(loaded.settings.learning), time: restored.time,
      checkpoint: Stats.Checkpoint(
        step: restored.model.steps, file: entry.path, ageSeconds: max(0, unixSeconds() - restored.time)),
      checkpointPosition: state.position)
  }

  /// The settings that a model cannot change once it has learned.
  private static func checkAgreement(
    _ model: Model, _ loaded: LoadedSettings, file: String
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
        the checkpoint \(file) was learned with \(key) = \(before), and the configuration says \(now)\(place): set \
        \(key) to \(before) to go on with that model, or give the new one a state.directory of its own
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
        "a setting differs from the checkpoint's; it holds from here on",
        metadata: [
          "key": "\(setting.key)", "before": "\(Setting.text(setting.read(before)))",
          "now": "\(Setting.text(setting.read(now)))",
        ])
    }
  }
}
