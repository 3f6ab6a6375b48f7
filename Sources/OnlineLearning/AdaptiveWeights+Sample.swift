extension AdaptiveWeights {
  /// A sample's weight between the passes over it.
  struct Settled {
    /// The weight, paid.
    var weight = 0.0
    /// Its new rate.
    var rate = 0.0
    /// Its integral, for averages.
    var path = 0.0
  }

  /// Learns one sample, whatever the rule; `UpdateRule.md` has it.
  ///
  /// - Returns: the margin before learning.
  mutating func learn(
    _ features: Span<UInt32>, _ values: Span<Float>, target: Double, importance: Double, stepSize: Double,
    _ state: inout LinearLearner.State
  ) -> Double {
    if let averagingStart, state.averagingSince == nil, state.steps >= averagingStart {
      state.averagingSince = state.time.value
    }
    let now = state.time.value
    let reported = averages ? dot(features, values, state) + LinearLearner.reportedIntercept(state) : nil
    var stepSize = stepSize
    let margin = state.intercept + settle(features, values, at: now, importance, &stepSize, &state)

    let slope = loss.cutDerivative(margin, target, &state.clampedUpdates)
    if slope != 0 || optimizer == .normalized || shares.measures {
      let curvature = accumulate(features, values, slope * (isInvariant ? importance.squareRoot() : importance), &state)
      var push = stepSize * importance * slope
      if isInvariant, slope != 0 {
        push = loss.boundedPush(margin, target, amount: stepSize * importance, curvature: curvature)
      }
      move(features, values, by: push, at: now, &state)
      if hasIntercept { state.moveIntercept(by: push * interceptRate(state)) }
    }
    if averages, state.averagingSince != nil { state.interceptSum += state.intercept * stepSize }
    state.time.add(stepSize)
    return reported ?? margin
  }

  /// Brings the sample's weights up to date.
  ///
  /// - Returns: Σ w x.
  private mutating func settle(
    _ features: Span<UInt32>, _ values: Span<Float>, at now: Double, _ importance: Double, _ stepSize: inout Double,
    _ state: inout LinearLearner.State
  ) -> Double {
    var sum = 0.0
    var norm = hasIntercept ? 1.0 : 0
    for position in features.indices {
      let feature = Int(features[position])
      let x = Double(values[position])
      let coordinate = coordinates[feature]
      var weight = settled(feature, coordinate, at: now)
      if optimizer == .normalized {
        let size = abs(values[position])
        if size > coordinates[feature].scaleOrRate {
          // A weight that comes from another rule has met no value yet.
          if coordinates[feature].scaleOrRate > 0 { weight *= Double(coordinates[feature].scaleOrRate) / Double(size) }
          coordinates[feature].scaleOrRate = size
        }
        if x != 0 {
          let share = x / Double(coordinates[feature].scaleOrRate)
          norm += share * share
        }
      }
      // By the rules of the time that it is of.
      if averages {
        sample[position].path =
          state.averagingSince.map { integral(feature, coordinate, since: $0, to: now) } ?? coordinate.sum
      }
      sample[position].weight = weight
      sum += weight * x
    }
    if optimizer == .normalized { stepSize *= state.meet(norm, importance) }
    return sum
  }

  /// Adds the sample's gradients to what the rates depend on, and measures its features.
  ///
  /// - Parameter slope: the derivative, times what the update makes of the importance weight.
  /// - Returns: Σ r x², the intercept's 1 included.
  private mutating func accumulate(
    _ features: Span<UInt32>, _ values: Span<Float>, _ slope: Double, _ state: inout LinearLearner.State
  ) -> Double {
    let adapts = optimizer == .adagrad || optimizer == .normalized
    var curvature = 0.0
    if hasIntercept {
      if adapts { state.addSquare(slope) }
      curvature = interceptRate(state)
    }
    let samples = state.steps + 1 - (state.measuringSince ?? 0)
    for position in features.indices {
      let feature = Int(features[position])
      let x = Double(values[position])
      if adapts {
        let gradient = slope * x
        coordinates[feature].sum += gradient * gradient
      }
      let rate = freshRate(coordinates[feature])
      sample[position].rate = rate
      curvature += rate * x * x
      if shares.measures { shares.measure(feature, x, at: samples) }
    }
    return curvature
  }

  private func interceptRate(_ state: LinearLearner.State) -> Double {
    optimizer == .sgd ? 1 : state.interceptRate
  }

  private mutating func move(
    _ features: Span<UInt32>, _ values: Span<Float>, by push: Double, at now: Double, _ state: inout LinearLearner.State
  ) {
    for position in features.indices {
      let feature = Int(features[position])
      let rate = sample[position].rate
      var moved = sample[position].weight - push * rate * Double(values[position])
      if abs(moved) > LinearLearner.largestWeight {
        moved = moved < 0 ? -LinearLearner.largestWeight : LinearLearner.largestWeight
        state.clampedUpdates += 1
      }
      let rounded = Float(moved)
      coordinates[feature].value = rounded
      if optimizer == .adagrad { coordinates[feature].scaleOrRate = Float(rate) }
      coordinates[feature].mark = now
      if averages { coordinates[feature].sum = sample[position].path }
      if shrinks { carry(Double(rounded), moved, feature, state) }
    }
  }

  /// What rounding a weight left unpaid, or paid too much, goes into its mark, as the time in which it is paid. Else a debt
  /// too small to change the Float32 would be forgiven at every sample, and never paid.
  private mutating func carry(
    _ rounded: Double, _ moved: Double, _ feature: Int, _ state: LinearLearner.State
  ) {
    let size = abs(rounded)
    let flow = flow(feature, coordinates[feature])
    let speed = flow.decay * size + (size <= flow.threshold ? flow.gravity : 0)
    if speed == 0 || size == 0 { return }
    let owed = (size - abs(moved)) / speed
    if averages {
      // The path of that time will be added again. So little in all of the path's time changes nothing.
      guard let start = state.averagingSince, abs(owed) < state.time.value - start else { return }
      coordinates[feature].sum -= rounded * owed
    }
    // Where nothing to speak of is ever due, neither is this.
    if abs(owed) < 1e200 { coordinates[feature].mark -= owed }
  }
}
