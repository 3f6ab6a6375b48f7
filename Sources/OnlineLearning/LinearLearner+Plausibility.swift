internal import Glibc

/// Whether learning can have led to this: what the rules rely on, of numbers that may have been read from any file.
extension LinearLearner {
  /// Whether a state is, apart from weights.
  static func isPlausible(_ state: State, _ configuration: LearnerConfiguration) -> Bool {
    state.isPlausible && state.isPlausible(under: configuration)
      && (!configuration.hasOneRate || state.clock.isPlausible(under: configuration.penalty))
  }

  /// Whether the weights of a plausible state are, where not all have one rate (see `UniformWeights.assemble`).
  /// `WeightColumns` looks at each number by itself, this at what they mean together.
  ///
  /// - Complexity: O(features)
  var hasPlausibleWeights: Bool {
    if let adaptive = weights.adaptive, !isPlausible(adaptive) { return false }
    if let proximal = weights.proximal, !isPlausible(proximal) { return false }
    let averages = configuration.averagingStart != nil
    return (0..<count).allSatisfy { feature in
      LinearLearner.isHeld(weight(feature)) && (!averages || LinearLearner.isHeld(Double(coefficient(feature))))
    }
  }

  /// Whether a number can be a weight, or a mean of weights: within the largest one, but for rounding.
  fileprivate static func isHeld(_ weight: Double) -> Bool { abs(weight) <= largestWeight * (1 + 1e-6) }

  private func isPlausible(_ adaptive: AdaptiveWeights) -> Bool {
    if configuration.averagingStart == nil { return adaptive.coordinates.allSatisfy { $0.sum >= 0 } }
    return state.averagingSince != nil || adaptive.coordinates.allSatisfy { $0.sum == 0 }
  }

  private func isPlausible(_ proximal: ProximalWeights) -> Bool {
    let steps = Double(state.steps)
    return proximal.coordinates.allSatisfy { $0.sum >= 0 && $0.mark >= 0 && $0.mark <= steps }
  }
}

extension UniformWeights {
  /// Makes coordinates of columns, as far as learning can have led to them.
  ///
  /// - Parameters:
  ///   - coordinates: uninitialized, one for each feature of the columns.
  ///   - clock: a plausible one under the penalty.
  /// - Returns: the largest value, either way; nil where one holds a number that no learner comes to.
  /// - Complexity: O(features)
  static func assemble(
    _ columns: WeightColumns, into coordinates: UnsafeMutableBufferPointer<Coordinate>, _ clock: ShrinkageClock,
    _ penalty: Penalty
  ) -> Float? {
    guard let values = columns.float32(.values), let epochs = columns.uint32(.epochs),
      let marks = columns.float64(.marks)
    else { return nil }
    precondition(
      values.count == coordinates.count && epochs.count == coordinates.count && marks.count == coordinates.count)
    let (epoch, scale) = (clock.epoch, clock.scale)
    // Within an epoch the pull only grows, but for rounding. Without decay there is one epoch.
    let latest = clock.pull + 1e-12 * abs(clock.pull)
    // What is within the largest weight unpaid is so when it has paid.
    let near = Float(min(LinearLearner.largestWeight / scale, Double(Float.greatestFiniteMagnitude)))
    var reach: Float = 0
    for feature in coordinates.indices {
      let coordinate = Coordinate(value: values[feature], epoch: epochs[feature], mark: marks[feature])
      coordinates.initializeElement(at: feature, to: coordinate)
      let size = abs(coordinate.value)
      reach = max(reach, size)
      if coordinate.epoch == epoch, coordinate.mark <= latest, coordinate.mark > -.infinity, size <= near { continue }
      guard coordinate.value.isFinite, coordinate.mark.isFinite,
        coordinate.epoch == epoch ? coordinate.mark <= latest : penalty.l2 > 0,
        LinearLearner.isHeld(clock.settled(coordinate, penalty) * scale)
      else { return nil }
    }
    return reach
  }
}

extension LinearLearner.State {
  /// Of one that is plausible by itself.
  fileprivate func isPlausible(under configuration: LearnerConfiguration) -> Bool {
    let now = time.value
    guard abs(intercept) <= LinearLearner.largestWeight, now >= 0, (0...now).contains(averagingSince ?? 0),
      squaredNorm == 0 || (importance / squaredNorm).isFinite
    else { return false }
    if configuration.averagingStart == nil { return interceptSum >= 0 }
    return averagingSince == nil ? interceptSum == 0 : LinearLearner.isHeld(LinearLearner.reportedIntercept(self))
  }
}

extension ShrinkageClock {
  /// Of one that is plausible by itself: whether its readings are those of its time.
  fileprivate func isPlausible(under penalty: Penalty) -> Bool {
    // Of this penalty the pull is the time since the epoch began.
    var (passed, caughtUp) = (self, self)
    passed.pullNow(Penalty(l1: 1))
    caughtUp.pullNow(penalty)
    let time = passed.pull
    guard time >= 0, abs(scale * exp(penalty.l2 * time) - 1) < 1e-9,
      // So that Float32 has room for v.
      LinearLearner.largestWeight / scale <= Double(Float.greatestFiniteMagnitude),
      pull <= caughtUp.pull * (1 + 1e-9), penalty.l2 > 0 || epoch == 0
    else { return false }
    // What is left of 1 from earlier and earlier epochs, until those that are forgotten.
    var (left, earlier) = (1.0, epoch)
    while left > 0 {
      earlier &-= 1
      let less = settled(UniformWeights.Coordinate(value: 1, epoch: earlier, mark: 0), Penalty())
      guard less >= 0, less <= left else { return false }
      left = less
    }
    return true
  }
}

extension LearnerConfiguration {
  /// Whether it is in order: within the ranges that its parts are documented with, and without contradiction.
  var isPlausible: Bool {
    // Far beyond any use, so that sums and products stay finite.
    let range = 0...1e30
    func isPositive(_ number: Double?) -> Bool { number.map { $0 > 0 && range.contains($0) } ?? true }
    let rate = learningRate
    return contradiction == nil
      && [penalty.l1, penalty.l2, rate.power, rate.beta, lossParameters.epsilon].allSatisfy(range.contains)
      && [penalty.threshold, rate.initial, rate.offset, lossParameters.delta, memory.halfLife]
        .allSatisfy(isPositive)
      && lossParameters.quantile > 0 && lossParameters.quantile < 1
      && penalty.period >= 1 && memory.window >= 1 && (averagingStart ?? 0) >= 0
  }
}
