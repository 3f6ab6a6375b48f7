internal import ModelStore
internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol

/// Settings that change while the daemon runs.
extension LoadedSettings {
  /// Something that was set once and does not hold any more.
  struct GivenUp: Equatable {
    let key: String
    let value: String
    let reason: String
  }

  /// Those that decide what messages make of the model.
  var learning: LearningSettings {
    var learning = settings.learning
    learning.overrides = overrides
    return learning
  }

  /// Takes over what was set while a daemon ran before, as far as the configuration says the same as then.
  ///
  /// - Returns: what is given up.
  mutating func takeOver(_ earlier: SettingOverrides) -> [GivenUp] {
    var givenUp: [GivenUp] = []
    for (key, override) in earlier.byKey.sorted(by: { $0.key < $1.key }) {
      var learner = settings.learner
      guard let hyperparameter = Hyperparameter.byKey[key], hyperparameter.assign(override.value, &learner) else {
        givenUp.append(GivenUp(key: key, value: override.value, reason: "this version takes no such value"))
        continue
      }
      let now = hyperparameter.read(configured).text
      guard now == override.configured else {
        let reason = "the configuration said \(override.configured) then, and says \(now) now"
        givenUp.append(GivenUp(key: key, value: override.value, reason: reason))
        continue
      }
      settings.learner = learner
      overrides.byKey[key] = override
    }
    if let contradiction = settings.learner.contradiction {
      let reason = "it does not go together with the configuration of today: \(contradiction)"
      givenUp += overrides.byKey.sorted { $0.key < $1.key }.map {
        GivenUp(key: $0.key, value: $0.value.value, reason: reason)
      }
      settings.learner = configured
      overrides = SettingOverrides()
    }
    return givenUp
  }

  /// With some of the learner's settings changed.
  ///
  /// - Parameter values: by key; null brings back what file, environment and flags say.
  /// - Throws: what is wrong with them.
  func changed(by values: [String: JSONValue]) throws(QueryFailure) -> LoadedSettings {
    var changed = self
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let hyperparameter = Hyperparameter.byKey[key] else {
        let known = Hyperparameter.all.map(\.key).joined(separator: ", ")
        let reason = SettingTable.byKey[key] == nil ? "there is no setting" : "nobody can change at runtime the setting"
        throw QueryFailure(.unknownSetting, "\(reason) \"\(key)\"; those that can be set: \(known)")
      }
      let before = hyperparameter.read(configured).text
      let text: String
      switch value {
      case .null: text = before
      case .number(let number): text = DecimalNumber.text(number)
      case .string(let word): text = word
      // No hyperparameter takes anything else.
      default: text = ""
      }
      guard hyperparameter.assign(text, &changed.settings.learner) else {
        throw QueryFailure(
          .badValue, "\(key): found \(Setting.text(value)); expected \(hyperparameter.expectation), or null")
      }
      let now = hyperparameter.read(changed.settings.learner).text
      changed.overrides.byKey[key] = now == before ? nil : .init(value: now, configured: before)
    }
    if let contradiction = changed.settings.learner.contradiction {
      throw QueryFailure(
        .badValue,
        "\(contradiction.keys.first ?? ""): \(contradiction.problem(of: changed.settings.learner))")
    }
    return changed
  }
}
