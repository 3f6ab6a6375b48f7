internal import OnlineLearning
internal import StreamLearning

/// Settings that are read again while the daemon runs.
extension LoadedSettings {
  /// What comes of it.
  struct Reload {
    /// What holds from here on.
    var loaded: LoadedSettings
    /// Those that have another value from here on.
    var changed: [Setting]
    /// Those that will have another value from the next start on.
    var pending: [Setting]
    /// What had been set, and does not hold any more.
    var givenUp: [GivenUp]
  }

  /// Takes over what may change at once. What was set holds on, as far as the configuration says the same as then.
  ///
  /// - Parameter new: the settings as they were read now.
  /// - Throws: where what may change now does not go together with what may not.
  func reloaded(as new: LoadedSettings) throws(InvalidConfiguration) -> Reload {
    let pending = SettingTable.all.filter { !$0.changesAtOnce && $0.read(settings) != $0.read(new.settings) }
    var today = new
    for setting in SettingTable.all where !setting.changesAtOnce {
      setting.copy(from: settings, to: &today.settings)
      today.origins[setting.key] = origins[setting.key]
    }
    today.configured = today.settings.learner
    if today.settings.features.space == .hashed, !today.settings.learner.penalty.factors.isEmpty {
      let problem = "found factors with features.space hashed, which only the next start can change; restart for both"
      throw InvalidConfiguration(mistakes: [
        ConfigurationMistake(
          place: new.place(of: "penalty.factors") ?? "default", line: nil, key: "penalty.factors", problem: problem)
      ])
    }
    let givenUp = today.takeOver(overrides)
    let changed = SettingTable.all.filter { $0.read(settings) != $0.read(today.settings) }
    return Reload(loaded: today, changed: changed, pending: pending, givenUp: givenUp)
  }
}
