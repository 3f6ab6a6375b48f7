/// Weights that follow from sums over all gradients so far: FTRL-Proximal (McMahan et al. 2013), with the penalty of every
/// step counted as in McMahan 2011.
///
/// A weight owes nothing: it is a function of its sums and of the number of steps.
struct ProximalWeights: Sendable {
  /// 24 bytes.
  struct Coordinate: Sendable, Equatable {
    /// z: the sum of gradients, less what the proximal terms take.
    var gradient = 0.0
    /// n: the sum of squared gradients.
    var sum = 0.0
    /// The steps that were learned before the first gradient came.
    var mark = 0.0
  }

  var coordinates: [Coordinate]
  var shares: PenaltyShares
  private let loss: LossFunction
  private let hasIntercept: Bool
  private let penalty: Penalty
  /// α and β.
  private let rate: Double
  private let beta: Double
  private var weights: [Double] = []

  init(_ configuration: LearnerConfiguration, coordinates: [Coordinate], sizes: [RootMeanSquare]) {
    self.coordinates = coordinates
    shares = PenaltyShares(configuration.penalty, sizes: sizes)
    loss = configuration.lossFunction
    hasIntercept = configuration.intercept
    penalty = configuration.penalty
    rate = configuration.initialStepSize
    beta = configuration.learningRate.beta
  }

  mutating func grow(to count: Int) {
    coordinates.reserveHugePages(for: count)
    coordinates.append(contentsOf: repeatElement(Coordinate(), count: count - coordinates.count))
    shares.grow(to: count)
  }

  mutating func forget(_ features: [Int]) {
    for feature in features { coordinates[feature] = Coordinate() }
    shares.forget(features)
  }

  mutating func rename(_ feature: Int, _ name: String) { shares.rename(feature, name) }

  mutating func name(_ name: (Int) -> String) { shares.name(to: coordinates.count, name) }

  /// z that gives a weight after squared gradients `sum`, before any penalty.
  static func gradient(for weight: Double, sum: Double, _ configuration: LearnerConfiguration) -> Double {
    -weight * (configuration.learningRate.beta + sum.squareRoot()) / configuration.initialStepSize
  }

  /// The weight that the sums make.
  ///
  /// - Parameter steps: learned so far.
  /// - Complexity: O(1)
  @inline(__always)
  func weight(_ feature: Int, steps: UInt64) -> Double {
    let coordinate = coordinates[feature]
    if coordinate.gradient == 0 { return 0 }
    let share = shares[feature]
    let time = max(0, Double(steps) - coordinate.mark) * share.factor * share.size
    let beyond = abs(coordinate.gradient) - penalty.l1 * time
    if beyond <= 0 { return 0 }
    let size = beyond / ((beta + coordinate.sum.squareRoot()) / rate + penalty.l2 * time * share.size)
    let held = min(size, LinearLearner.largestWeight)
    return coordinate.gradient > 0 ? -held : held
  }

  /// Σ w x.
  func dot(_ features: Span<UInt32>, _ values: Span<Float>, steps: UInt64) -> Double {
    var sum = 0.0
    for position in features.indices {
      sum += weight(Int(features[position]), steps: steps) * Double(values[position])
    }
    return sum
  }

  /// Learns the rows of a batch in their order.
  ///
  /// - Parameter record: takes each row and its margin before it was learned.
  /// - Complexity: O(features of the batch)
  @inline(__always)
  mutating func learn(
    _ batch: borrowing SampleBatch, _ state: inout LinearLearner.State,
    record: (_ row: Int, _ margin: Double) -> Void
  ) {
    for row in 0..<batch.count {
      if row + 1 < batch.count, !batch.hasCommonFeatures {
        fetch(batch.featureList.span.extracting(batch.range(of: row + 1)))
      }
      let range = batch.range(of: row)
      let margin = learn(
        batch.featureList.span.extracting(batch.listRange(of: row)), batch.values.span.extracting(range),
        target: batch.targets[row],
        importance: batch.importances[row], &state)
      state.steps += 1
      record(row, margin)
    }
  }

  /// Asks memory for coordinates that will be needed soon.
  private func fetch(_ features: Span<UInt32>) {
    coordinates.withUnsafeBufferPointer { coordinates in
      guard let start = coordinates.baseAddress else { return }
      // Asking does no harm, whatever the address.
      for position in features.indices { (start + Int(features[position])).fetchWhole() }
    }
  }

  /// Learns one sample.
  ///
  /// - Returns: the margin before learning.
  private mutating func learn(
    _ features: Span<UInt32>, _ values: Span<Float>, target: Double, importance: Double,
    _ state: inout LinearLearner.State
  ) -> Double {
    if weights.count < features.count { weights = Array(repeating: 0, count: features.count) }
    var margin = state.intercept
    for position in features.indices {
      let weight = weight(Int(features[position]), steps: state.steps)
      if abs(weight) == LinearLearner.largestWeight { state.clampedUpdates += 1 }
      weights[position] = weight
      margin += weight * Double(values[position])
    }
    let slope = loss.cutDerivative(margin, target, &state.clampedUpdates) * importance
    if slope != 0 || shares.measures {
      let samples = state.steps + 1 - (state.measuringSince ?? 0)
      for position in features.indices {
        let feature = Int(features[position])
        let x = Double(values[position])
        let coordinate = coordinates[feature]
        coordinates[feature] = added(slope * x, to: coordinate, weights[position], steps: state.steps)
        if shares.measures { shares.measure(feature, x, at: samples) }
      }
    }
    if hasIntercept, slope != 0 { moveIntercept(slope, &state) }
    return margin
  }

  /// The coordinate with one more gradient.
  @inline(__always)
  private func added(
    _ gradient: Double, to coordinate: Coordinate, _ weight: Double, steps: UInt64
  ) -> Coordinate {
    let sum = coordinate.sum + gradient * gradient
    let growth = (sum.squareRoot() - coordinate.sum.squareRoot()) / rate
    return Coordinate(
      gradient: coordinate.gradient + gradient - growth * weight, sum: sum,
      mark: coordinate.sum == 0 && coordinate.gradient == 0 ? Double(steps) : coordinate.mark)
  }

  private func moveIntercept(_ gradient: Double, _ state: inout LinearLearner.State) {
    let before = Coordinate(gradient: state.interceptGradient, sum: state.interceptSum)
    let after = added(gradient, to: before, state.intercept, steps: 0)
    (state.interceptGradient, state.interceptSum) = (after.gradient, after.sum)
    let moved = -after.gradient * rate / (beta + after.sum.squareRoot())
    state.intercept = max(-LinearLearner.largestWeight, min(moved, LinearLearner.largestWeight))
    if state.intercept != moved { state.clampedUpdates += 1 }
  }
}
