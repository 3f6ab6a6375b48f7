internal import ModelStore
internal import OnlineLearning

/// What people do to a model besides feeding it. Each counts as a message, so that a journal keeps it in its place.
extension StreamLearner {
  /// Whether a model that is there can go on under the settings.
  func mayGoOn(under settings: LearningSettings) -> Bool {
    settings.learner.loss == self.settings.learner.loss && settings.learner.intercept == self.settings.learner.intercept
      && settings.features == self.settings.features && settings.learner.contradiction == nil
  }

  /// Goes on under other settings.
  ///
  /// - Parameter settings: those under which a model that is there can go on.
  /// - Returns: false when memory is short; then nothing has changed.
  /// - Complexity: O(features)
  public mutating func change(_ settings: LearningSettings) -> Bool {
    if !settings.readsAlike(self.settings) {
      guard let decoder = StreamLearner.decoder(settings, state.model) else { return false }
      self.decoder = decoder
    }
    state = state.under(settings)
    state.position += 1
    self.settings = settings
    return true
  }

  /// Begins a new model. The sources of samples go on numbering where they were, so that nothing is learned twice; samples that
  /// wait for their targets are forgotten, as the features are that they are made of.
  ///
  /// - Returns: false when memory is short; then nothing has changed.
  /// - Complexity: O(features)
  public mutating func reset() -> Bool {
    var new = State(settings)
    new.sequences = state.sequences
    new.position = state.position + 1
    guard let decoder = StreamLearner.decoder(settings, new.model) else { return false }
    state = new
    self.decoder = decoder
    return true
  }
}

extension LearningSettings {
  /// Whether messages are read as under the other settings.
  fileprivate func readsAlike(_ other: LearningSettings) -> Bool {
    json == other.json && limits == other.limits && delayed == other.delayed && format == other.format
  }
}
