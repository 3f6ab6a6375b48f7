import OnlineLearning

extension LinearLearner {
  /// Learns from plain arrays, with an importance of 1 unless told.
  @discardableResult
  mutating func learn(_ features: [UInt32], _ values: [Float], _ target: Double, importance: Double = 1)
    -> Double
  {
    var batch = SampleBatch()
    for (feature, value) in zip(features, values) { batch.append(feature: feature, value: value) }
    batch.endRow(target: target, importance: importance)
    var before = 0.0
    learn(batch) { before = $1 }
    return before
  }

  func margin(_ features: [UInt32], _ values: [Float]) -> Double {
    margin(features.span, values.span)
  }

  /// What a checkpoint holds of the weights.
  var columns: [WeightColumn: WeightColumn.Values] {
    LinearLearner.columns(of: configuration).reduce(into: [:]) { $0[$1] = column($1) }
  }

  /// Whether a checkpoint of it could be read again.
  var isAccepted: Bool {
    state.isPlausible && LinearLearner(configuration, state: state, columns: columns) != nil
  }

  /// Lets steps pass that touch nothing.
  mutating func pass(_ steps: Int) {
    for _ in 0..<steps { learn([], [], 0) }
  }
}

extension FeatureDictionary {
  @discardableResult
  mutating func intern(_ name: String) -> UInt32 {
    let utf8 = Array(name.utf8)
    return intern(utf8.span)
  }
}
