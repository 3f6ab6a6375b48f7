internal import Glibc

/// Weights that each have a rate of their own, or shrink differently: `adagrad`, `normalized`, and `sgd` with averages or
/// with penalties by feature.
///
/// A weight pays what it owes by its own flow, since its rate holds from one of its samples to the next.
struct AdaptiveWeights: Sendable {
  /// 24 bytes.
  struct Coordinate: Sendable, Equatable {
    /// w as of the mark, unpaid.
    var value: Float = 0
    /// s of `normalized`: the largest |x| so far.
    var scale: Float = 0
    /// G, the sum of squared gradients; for averages, ∫ w ds up to the mark.
    var sum = 0.0
    /// The clock's reading as of which the value is.
    var mark = 0.0
  }

  private(set) var coordinates: [Coordinate]
  private(set) var shares: PenaltyShares
  private let configuration: LearnerConfiguration
  private let loss: LossFunction
  private let optimizer: Optimizer
  private let isInvariant: Bool
  private let averages: Bool
  private let shrinks: Bool
  private let threshold: Double
  /// The sample's weights, paid, and their rates: kept from one pass over the sample to the next.
  private var settledWeights: [Double] = []
  private var rates: [Double] = []
  /// Their integrals, for averages.
  private var paths: [Double] = []

  init(_ configuration: LearnerConfiguration, coordinates: [Coordinate], sizes: [RootMeanSquare]) {
    self.configuration = configuration
    self.coordinates = coordinates
    shares = PenaltyShares(configuration.penalty, sizes: sizes)
    loss = configuration.lossFunction
    optimizer = configuration.optimizer
    isInvariant = configuration.update == .invariant
    averages = configuration.averagingStart != nil
    shrinks = !configuration.penalty.isNone
    threshold = configuration.penalty.threshold ?? .infinity
  }

  mutating func grow(to count: Int) {
    coordinates.append(contentsOf: repeatElement(Coordinate(), count: count - coordinates.count))
    shares.grow(to: count)
  }

  mutating func name(_ name: (Int) -> String) { shares.name(to: coordinates.count, name) }

  // MARK: Rates and debts

  /// r: how far a step of size 1 moves this weight for a gradient of 1.
  @inline(__always)
  private func rate(_ coordinate: Coordinate) -> Double {
    switch optimizer {
    case .adagrad: coordinate.sum > 0 ? 1 / coordinate.sum.squareRoot() : 0
    case .normalized:
      coordinate.sum > 0 && coordinate.scale > 0 ? 1 / (Double(coordinate.scale) * coordinate.sum.squareRoot()) : 0
    case .sgd, .ftrl: 1
    }
  }

  @inline(__always)
  private func flow(_ feature: Int, _ coordinate: Coordinate) -> ShrinkageFlow {
    let penalty = configuration.penalty
    let rate = rate(coordinate)
    if shares.isUniform {
      return ShrinkageFlow(gravity: penalty.l1 * rate, decay: penalty.l2 * rate, threshold: threshold)
    }
    let share = shares[feature]
    let gravity = rate * share.factor * share.size
    return ShrinkageFlow(
      gravity: penalty.l1 * gravity, decay: penalty.l2 * gravity * share.size, threshold: threshold / share.size)
  }

  /// w as of `now`.
  @inline(__always)
  private func settled(_ feature: Int, _ coordinate: Coordinate, at now: Double) -> Double {
    let value = Double(coordinate.value)
    let time = now - coordinate.mark
    if !shrinks || value == 0 || !(time > 0) { return value }
    return flow(feature, coordinate).shrink(value, over: time)
  }

  /// ∫ w ds from the beginning of averaging to `now`.
  private func integral(_ feature: Int, _ coordinate: Coordinate, since start: Double, to now: Double) -> Double {
    let value = Double(coordinate.value)
    if value == 0 { return coordinate.sum }
    let flow = flow(feature, coordinate)
    let from = max(coordinate.mark, start)
    // Paid ahead, and its path with it.
    if from > now { return coordinate.sum - value * (from - now) }
    let there = from > coordinate.mark ? flow.shrink(value, over: from - coordinate.mark) : value
    return coordinate.sum + flow.integral(there, over: now - from)
  }

  /// w, for going on under other rules.
  func weight(_ feature: Int, _ state: LinearLearner.State) -> Double {
    settled(feature, coordinates[feature], at: state.time.value)
  }

  /// ∫ w ds from the beginning of averaging to now; 0 where weights are not averaged.
  func path(_ feature: Int, _ state: LinearLearner.State) -> Double {
    guard averages, let start = state.averagingSince else { return 0 }
    return integral(feature, coordinates[feature], since: start, to: state.time.value)
  }

  /// What people see: w, or its average.
  func coefficient(_ feature: Int, _ state: LinearLearner.State) -> Double {
    let now = state.time.value
    let coordinate = coordinates[feature]
    guard averages, let start = state.averagingSince, now > start else {
      return settled(feature, coordinate, at: now)
    }
    return integral(feature, coordinate, since: start, to: now) / (now - start)
  }

  /// Σ w x, of averages where there are. Changes nothing.
  func dot(_ features: Span<UInt32>, _ values: Span<Float>, _ state: LinearLearner.State) -> Double {
    var sum = 0.0
    for position in features.indices {
      let feature = Int(features[position])
      let x = Double(values[position])
      sum += coefficient(feature, state) * held(x, coordinates[feature])
    }
    return sum
  }

  /// x as the rescaled weight of `normalized` meets it: w s/|x| · x.
  @inline(__always)
  private func held(_ x: Double, _ coordinate: Coordinate) -> Double {
    // A weight that comes from another rule has met no value yet.
    guard optimizer == .normalized, coordinate.scale > 0 else { return x }
    let scale = Double(coordinate.scale)
    return max(-scale, min(x, scale))
  }

  // MARK: Learning

  /// Learns one sample; `UpdateRule.md` has the rule.
  ///
  /// - Returns: the margin before learning.
  mutating func learn(
    _ features: Span<UInt32>, _ values: Span<Float>, target: Double, importance: Double, stepSize: Double,
    _ state: inout LinearLearner.State
  ) -> Double {
    if averages, state.averagingSince == nil, state.steps >= UInt64(configuration.averagingStart ?? 0) {
      state.averagingSince = state.time.value
    }
    let now = state.time.value
    if settledWeights.count < features.count {
      settledWeights = Array(repeating: 0, count: features.count)
      rates = settledWeights
      paths = settledWeights
    }
    let reported = averages ? dot(features, values, state) + LinearLearner.reportedIntercept(state) : nil
    var stepSize = stepSize
    let margin = state.intercept + settle(features, values, at: now, importance, &stepSize, &state)

    let slope = loss.cutDerivative(margin, target, &state.clampedUpdates)
    if slope != 0 || optimizer == .normalized || shares.measures {
      let curvature = accumulate(features, values, slope * (isInvariant ? importance.squareRoot() : importance), &state)
      var push = stepSize * importance * slope
      if isInvariant, slope != 0 {
        // Far beyond any use, and so that their product is finite.
        let (amount, curvature) = (min(stepSize * importance, 1e150), min(curvature, 1e150))
        push = loss.invariantPush(margin, target, amount: amount, curvature: curvature)
      }
      move(features, values, by: push, at: now, &state)
      if configuration.intercept { state.moveIntercept(by: push * interceptRate(state)) }
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
    var norm = configuration.intercept ? 1.0 : 0
    for position in features.indices {
      let feature = Int(features[position])
      let x = Double(values[position])
      let coordinate = coordinates[feature]
      var weight = settled(feature, coordinate, at: now)
      if optimizer == .normalized {
        let size = abs(values[position])
        if size > coordinate.scale {
          // A weight that comes from another rule has met no value yet.
          if coordinate.scale > 0 { weight *= Double(coordinate.scale) / Double(size) }
          coordinates[feature].scale = size
          norm += 1
        } else if size > 0 {
          // Values that add up to 0 in a row may be all that a feature has had: then there is no scale yet.
          let share = x / Double(coordinate.scale)
          norm += share * share
        }
      }
      // By the rules of the time that it is of.
      if averages {
        paths[position] =
          state.averagingSince.map { integral(feature, coordinate, since: $0, to: now) } ?? coordinate.sum
      }
      settledWeights[position] = weight
      sum += weight * x
    }
    if optimizer == .normalized {
      state.importance += importance
      state.squaredNorm += importance * norm
      if state.squaredNorm > 0 { stepSize *= (state.importance / state.squaredNorm).squareRoot() }
    }
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
    if configuration.intercept {
      if adapts { state.interceptSum += slope * slope }
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
      let rate = rate(coordinates[feature])
      rates[position] = rate
      curvature += rate * x * x
      if shares.measures { shares.measure(feature, x, at: samples) }
    }
    return curvature
  }

  private func interceptRate(_ state: LinearLearner.State) -> Double {
    switch optimizer {
    case .adagrad, .normalized: state.interceptSum > 0 ? 1 / state.interceptSum.squareRoot() : 0
    case .sgd, .ftrl: 1
    }
  }

  private mutating func move(
    _ features: Span<UInt32>, _ values: Span<Float>, by push: Double, at now: Double, _ state: inout LinearLearner.State
  ) {
    for position in features.indices {
      let feature = Int(features[position])
      var moved = settledWeights[position] - push * rates[position] * Double(values[position])
      if abs(moved) > LinearLearner.largestWeight {
        moved = moved < 0 ? -LinearLearner.largestWeight : LinearLearner.largestWeight
        state.clampedUpdates += 1
      }
      let rounded = Float(moved)
      coordinates[feature].value = rounded
      coordinates[feature].mark = now
      if averages { coordinates[feature].sum = paths[position] }
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
