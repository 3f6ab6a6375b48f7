import OnlineLearning

/// The oracle's FTRL-Proximal, by its definition: each weight is the minimum of all that was said about it so far,
///
///     Σ γₛ w + (β/2α) w² + ½ Σ σₛ (w − wₛ)² + λ1 f u t |w| + ½ λ2 f u² t w²
///
/// over the samples s, with Σ σₛ = √(Σ γₛ²)/α. The minimum is found by bisection of the slope.
struct EagerProximalDescent: EagerRule {
  private struct Coordinate {
    /// Σ γ, Σ γ², Σ σ and Σ σw
    var (gradients, squares, proximity, pull) = (0.0, 0.0, 0.0, 0.0)
    /// t: steps since the first gradient.
    var age = 0.0
    /// f
    var factor = 1.0
    var spread = FeatureSpread()
  }

  private var configuration: LearnerConfiguration
  /// One for each feature, and the intercept's: the last.
  private var coordinates: [Coordinate]
  /// How many samples the features' spread is of.
  private var samples = 0

  init(_ configuration: LearnerConfiguration, _ weights: [Double], intercept: Double) {
    self.configuration = configuration
    coordinates = Array(repeating: Coordinate(), count: weights.count + 1)
    begin(at: weights + [intercept])
  }

  var weights: [Double] { coordinates.indices.dropLast().map(minimum) }
  var intercept: Double { minimum(coordinates.count - 1) }

  mutating func learn(_ sample: Sample, after steps: Int) -> Double {
    var features = Array(zip(sample.features, sample.values.map(Double.init)))
    if configuration.intercept { features.append((coordinates.count - 1, 1)) }
    let weights = features.map { minimum($0.0) }
    let margin = zip(features, weights).reduce(0) { $0 + $1.0.1 * $1.1 }
    let slope = configuration.lossOracle.derivative(margin, sample.target)
    samples += 1
    for ((i, x), weight) in zip(features, weights) {
      let gradient = sample.importance * slope * x
      let before = coordinates[i].squares.squareRoot()
      coordinates[i].squares += gradient * gradient
      let proximity = (coordinates[i].squares.squareRoot() - before) / configuration.initialStepSize
      coordinates[i].gradients += gradient
      coordinates[i].proximity += proximity
      coordinates[i].pull += proximity * weight
      coordinates[i].spread.note(x, samples: samples)
    }
    // A weight from before the present rules bears them from the beginning.
    for i in coordinates.indices where coordinates[i].squares > 0 || coordinates[i].pull != 0 {
      coordinates[i].age += 1
    }
    return margin
  }

  private func minimum(_ i: Int) -> Double {
    let coordinate = coordinates[i]
    let penalty = configuration.penalty
    let unit = penalty.penalize == .scaled ? coordinate.spread.value : 1
    let share = coordinate.factor * unit * coordinate.age
    let linear = coordinate.gradients - coordinate.pull
    // At 0 the slope jumps from `linear` − λ1 t f u to `linear` + λ1 t f u.
    if abs(linear) <= penalty.l1 * share { return 0 }
    let sign: Double = linear > 0 ? -1 : 1
    let curvature =
      configuration.learningRate.beta / configuration.initialStepSize + coordinate.proximity + penalty.l2 * unit * share
    // The slope on that side, at a distance from 0, in the direction away from it.
    func slope(_ size: Double) -> Double { -abs(linear) + penalty.l1 * share + curvature * size }
    var (low, high) = (0.0, 1.0)
    while slope(high) < 0 { high *= 2 }
    while true {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { return sign * middle }
      if slope(middle) < 0 { low = middle } else { high = middle }
    }
  }

  func settle() {}

  mutating func reconfigure(_ configuration: LearnerConfiguration) {
    let weights = coordinates.indices.map(minimum)
    if self.configuration.penalty.penalize == .raw || configuration.penalty.penalize == .raw {
      for i in coordinates.indices { coordinates[i].spread = FeatureSpread() }
      samples = 0
    }
    self.configuration = configuration
    begin(at: weights)
  }

  /// Under new rules all that was said before says: stay where you are. The past sum of γ² remains.
  private mutating func begin(at weights: [Double]) {
    for i in coordinates.indices {
      coordinates[i].proximity = coordinates[i].squares.squareRoot() / configuration.initialStepSize
      let inertia = configuration.learningRate.beta / configuration.initialStepSize + coordinates[i].proximity
      coordinates[i].pull = weights[i] * inertia
      coordinates[i].gradients = 0
      coordinates[i].age = 0
    }
    for i in coordinates.indices.dropLast() { coordinates[i].factor = configuration.eagerFactor(i) }
    coordinates[coordinates.count - 1].factor = 0
  }
}
