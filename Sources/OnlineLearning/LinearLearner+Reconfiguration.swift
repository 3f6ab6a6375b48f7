extension LinearLearner {
  /// The same model under another configuration: every debt is paid by the old rules, the new ones hold from here.
  ///
  /// What both rules keep in the same sense goes over: sums of squared gradients between `adagrad`, `normalized` and
  /// `ftrl`, scales, root mean squares, running averages. Feature names have to be told again.
  ///
  /// - Complexity: O(features)
  public func reconfigured(_ configuration: LearnerConfiguration) -> LinearLearner {
    var onlyMemory = self.configuration
    onlyMemory.memory = configuration.memory
    if onlyMemory == configuration { return LinearLearner(configuration, state: state, weights) }

    var old = self
    // Gravity that the running period still held back is due before the rules change.
    old.state.clock.pullNow(self.configuration.penalty)
    var state = state
    state.clock = ShrinkageClock()
    old.carryIntercept(to: configuration, &state)
    if configuration.penalty.penalize != .scaled || old.configuration.penalty.penalize != .scaled {
      state.measuringSince = nil
    }
    let keepsAverage = old.configuration.averagingStart != nil && configuration.averagingStart != nil
    if !keepsAverage { state.averagingSince = nil }
    return LinearLearner(configuration, state: state, old.carriedWeights(to: configuration))
  }

  private var sumsSquares: Bool { configuration.optimizer != .sgd }

  private func carryIntercept(to configuration: LearnerConfiguration, _ state: inout State) {
    let keepsAverage = self.configuration.averagingStart != nil && configuration.averagingStart != nil
    if !(keepsAverage || sumsSquares && configuration.optimizer != .sgd) { state.interceptSum = 0 }
    if configuration.optimizer == .ftrl {
      state.interceptGradient = ProximalWeights.gradient(
        for: state.intercept, sum: state.interceptSum, configuration)
    } else {
      state.interceptGradient = 0
    }
    if configuration.optimizer != .normalized { (state.importance, state.squaredNorm) = (0, 0) }
  }

  private func carriedWeights(to configuration: LearnerConfiguration) -> Weights {
    var carried = Weights()
    let sizes = weights.adaptive?.shares.sizes ?? weights.proximal?.shares.sizes ?? []
    let measured = sizes.isEmpty ? Array(repeating: RootMeanSquare(), count: count) : sizes
    if configuration.hasOneRate {
      carried.uniform = UniformWeights(
        (0..<count).map { UniformWeights.Coordinate(value: Float(weight($0)), epoch: 0, mark: 0) })
    } else if configuration.optimizer == .ftrl {
      let coordinates = (0..<count).map { feature in
        let sum = squaredGradients(feature)
        let gradient = ProximalWeights.gradient(for: weight(feature), sum: sum, configuration)
        return ProximalWeights.Coordinate(gradient: gradient, sum: sum, mark: Double(state.steps))
      }
      carried.proximal = ProximalWeights(configuration, coordinates: coordinates, sizes: measured)
    } else {
      let coordinates = (0..<count).map { adaptiveCoordinate($0, for: configuration) }
      carried.adaptive = AdaptiveWeights(configuration, coordinates: coordinates, sizes: measured)
    }
    return carried
  }

  private func squaredGradients(_ feature: Int) -> Double {
    guard sumsSquares else { return 0 }
    return weights.adaptive?.coordinates[feature].sum ?? weights.proximal?.coordinates[feature].sum ?? 0
  }

  private func adaptiveCoordinate(
    _ feature: Int, for configuration: LearnerConfiguration
  ) -> AdaptiveWeights.Coordinate {
    var sum = configuration.optimizer == .sgd ? 0 : squaredGradients(feature)
    if configuration.averagingStart != nil, let adaptive = weights.adaptive {
      sum = adaptive.path(feature, state)
    }
    // Only scales go over; rates follow from the sums.
    let hadScales = self.configuration.optimizer == .normalized
    let scale = hadScales ? weights.adaptive?.coordinates[feature].scaleOrRate ?? 0 : 0
    return AdaptiveWeights.Coordinate(
      value: Float(weight(feature)), scaleOrRate: scale, sum: sum, mark: state.time.value)
  }
}
