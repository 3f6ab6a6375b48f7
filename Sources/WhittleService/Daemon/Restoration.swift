internal import Logging
internal import ModelStore
internal import OnlineLearning
internal import WhittleProtocol

/// The model that a start begins with: the newest whole checkpoint's, or a new one.
struct Restoration {
  let model: Model
  let sequences: SourceSequences
  /// Within the bounds of today.
  let delayed: DelayedSamples
  /// How many messages the journal had counted.
  let position: UInt64
  let store: CheckpointStore
  /// What was restored; nil for a new model.
  let checkpoint: Stats.Checkpoint?

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
      model = Model(
        loaded.settings.learner,
        FeatureSpace(loaded.settings.features.kind, keepingNames: loaded.settings.features.names))
      sequences = SourceSequences()
      delayed = DelayedSamples(loaded.settings.delayed)
      position = 0
      checkpoint = nil
      logger.info("starting with a new model", metadata: ["directory": "\(directory)"])
      return
    }
    try Restoration.checkAgreement(restored.model, loaded, file: entry.path)
    logger.info(
      "model restored", metadata: ["file": "\(entry.path)", "step": "\(restored.model.steps)"])
    sequences = restored.sequences
    var waiting = restored.delayed
    waiting.limit(to: loaded.settings.delayed)
    delayed = waiting
    position = restored.position
    var adopted = Restoration.adopt(loaded.settings.learner, restored.model, logger)
    adopted.space.keepNames(loaded.settings.features.names)
    model = adopted
    checkpoint = Stats.Checkpoint(
      step: restored.model.steps, file: entry.path, ageSeconds: max(0, unixSeconds() - restored.time))
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

  /// The restored model under the settings of today, which may shrink or learn differently from here on.
  private static func adopt(
    _ settings: LearnerConfiguration, _ model: Model, _ logger: Logger
  ) -> Model {
    var before = Settings()
    before.learner = model.configuration.inForce
    var now = before
    now.learner = settings.inForce
    if before == now { return model }
    for setting in SettingTable.all where setting.read(before) != setting.read(now) {
      logger.notice(
        "a setting differs from the checkpoint's; it holds from here on",
        metadata: [
          "key": "\(setting.key)", "before": "\(Setting.text(setting.read(before)))",
          "now": "\(Setting.text(setting.read(now)))",
        ])
    }
    return model.reconfigured(settings)
  }
}

extension LearnerConfiguration {
  /// With what is left to the optimizer spelled out: to say so, or to stop saying so, changes nothing.
  fileprivate var inForce: LearnerConfiguration {
    var spelledOut = self
    spelledOut.learningRate.schedule = schedule
    spelledOut.learningRate.update = update
    spelledOut.learningRate.initial = initialStepSize
    return spelledOut
  }
}
