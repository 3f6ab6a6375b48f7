/// A linear model that learns one sample at a time by stochastic gradient descent, with elastic-net shrinkage paid
/// lazily: a sample costs O(its features), however many the model has.
///
/// The step, at time t with step size η and importance weight c:
///
///     1. w_i ← what it is now, for the sample's features       (pays the shrinkage it owes)
///     2. p = b + Σ w_i x_i
///     3. w_i ← w_i − s x_i;  b ← b − s, with s = η ℓ′(p, y) c, or the importance-invariant push
///     4. the shrinkage clock advances by η                      (every weight of the model owes that much more)
///
/// A copy is a snapshot: it shares storage until one of both changes.
public struct LinearLearner: Sendable {
  /// A weight as of its last touch, and when that was on the decay clock.
  public struct Coordinate: Sendable, Equatable {
    public var weight: Float
    public var mark: Double

    public init(weight: Float, mark: Double) {
      self.weight = weight
      self.mark = mark
    }
  }

  /// All that a learner knows besides its configuration and its weights.
  public struct State: Sendable, Equatable, Codable {
    public var steps: UInt64 = 0
    public var intercept = 0.0
    public var clock = ShrinkageClock()
    /// How many updates had to be held back at the largest finite weight.
    public var clampedUpdates: UInt64 = 0

    enum CodingKeys: String, CodingKey {
      case steps, intercept, clock
      case clampedUpdates = "clamped_updates"
    }

    public init() {}

    /// Whether this can be the state of a learner that has really learned: finite, and far from any counter's end.
    public var isPlausible: Bool {
      intercept.isFinite && steps <= .max / 2 && clampedUpdates <= .max / 2 && clock.isPlausible
    }
  }

  public let configuration: LearnerConfiguration
  public private(set) var state: State
  public private(set) var coordinates: [Coordinate]
  /// When gravity last pulled at each weight, on its clock. Empty where K = 1: then it is the mark.
  public private(set) var gravityMarks: [Double]
  private let stepSize: StepSize
  private let loss: LossFunction

  /// A model of no features, all zero.
  public init(_ configuration: LearnerConfiguration) {
    self.init(configuration, state: State(), coordinates: [], gravityMarks: [])
  }

  /// A model as a checkpoint holds it, its debts unpaid, so that it goes on bit for bit.
  ///
  /// - Precondition: there are as many gravity marks as coordinates where K > 1, and none where K = 1.
  public init(
    _ configuration: LearnerConfiguration, state: State, coordinates: [Coordinate], gravityMarks: [Double]
  ) {
    precondition(gravityMarks.count == (configuration.penalty.period > 1 ? coordinates.count : 0))
    self.configuration = configuration
    self.state = state
    self.coordinates = coordinates
    self.gravityMarks = gravityMarks
    loss = configuration.lossFunction
    stepSize = StepSize(configuration.learningRate, loss: loss, penalty: configuration.penalty)
  }

  /// The same model under another configuration: every debt is paid by the old rules, the new ones hold from here.
  ///
  /// - Complexity: O(features)
  public func reconfigured(_ configuration: LearnerConfiguration) -> LinearLearner {
    var state = state
    state.clock.pull()
    // Gravity that the running period still held back is due before the rules change.
    let due = state.clock.now
    let settled = coordinates.indices.map {
      Coordinate(weight: settledWeight($0, at: due), mark: due.decay)
    }
    let marks = configuration.penalty.period > 1 ? settled.map { _ in due.gravity } : []
    return LinearLearner(configuration, state: state, coordinates: settled, gravityMarks: marks)
  }

  /// The number of features.
  public var count: Int { coordinates.count }
  public var intercept: Double { state.intercept }
  /// The step size of the next step.
  public var nextStepSize: Double { stepSize(after: state.steps) }

  /// Makes room for features up to `count`, their weights zero.
  ///
  /// - Complexity: O(new features), amortized
  public mutating func grow(to count: Int) {
    guard count > coordinates.count else { return }
    let now = state.clock.now
    let fresh = count - coordinates.count
    coordinates.append(contentsOf: repeatElement(Coordinate(weight: 0, mark: now.decay), count: fresh))
    if configuration.penalty.period > 1 {
      gravityMarks.append(contentsOf: repeatElement(now.gravity, count: fresh))
    }
  }

  /// The weight of a feature as of now, all shrinkage paid.
  ///
  /// - Precondition: `feature` is below `count`.
  /// - Complexity: O(1)
  public func coefficient(_ feature: Int) -> Float {
    settledWeight(feature, at: state.clock.now)
  }

  private func settledWeight(_ feature: Int, at now: ShrinkageClock.Reading) -> Float {
    let coordinate = coordinates[feature]
    if coordinate.weight == 0 || configuration.penalty.isNone { return coordinate.weight }
    let mark = ShrinkageClock.Reading(
      decay: coordinate.mark, gravity: gravityMarks.isEmpty ? coordinate.mark : gravityMarks[feature])
    return Float(configuration.penalty.settle(Double(coordinate.weight), from: mark, to: now))
  }

  /// All weights as of now.
  ///
  /// - Complexity: O(features)
  public func coefficients() -> [Float] {
    let now = state.clock.now
    return coordinates.indices.map { settledWeight($0, at: now) }
  }

  /// The margin b + w·x. Changes nothing.
  ///
  /// - Parameters:
  ///   - features: indices below `count`.
  ///   - values: as many, finite.
  /// - Complexity: O(features of the sample)
  public func margin(_ features: Span<UInt32>, _ values: Span<Float>) -> Double {
    let now = state.clock.now
    var sum = 0.0
    for position in features.indices {
      sum += Double(settledWeight(Int(features[position]), at: now)) * Double(values[position])
    }
    return state.intercept + sum
  }

  /// Learns one sample.
  ///
  /// - Parameters:
  ///   - features: indices below `count`.
  ///   - values: as many, finite.
  ///   - target: normalized by the loss.
  ///   - importance: above 0, at most the largest finite Float32.
  /// - Returns: the margin before learning.
  /// - Complexity: O(features of the sample)
  public mutating func learn(
    _ features: Span<UInt32>, _ values: Span<Float>, target: Double, importance: Double
  ) -> Double {
    let now = state.clock.now
    var sum = 0.0
    for position in features.indices {
      let feature = Int(features[position])
      let weight = settledWeight(feature, at: now)
      coordinates[feature] = Coordinate(weight: weight, mark: now.decay)
      if !gravityMarks.isEmpty { gravityMarks[feature] = now.gravity }
      sum += Double(weight) * Double(values[position])
    }
    // Weights, values, targets and importances are within Float32's range and the arithmetic is Float64's, so
    // neither this nor any product below can overflow.
    let margin = state.intercept + sum
    let step = nextStepSize
    let push = push(margin, target, amount: step * importance, values)
    if push != 0 {
      for position in features.indices {
        let feature = Int(features[position])
        let moved = Double(coordinates[feature].weight) - push * Double(values[position])
        coordinates[feature].weight = Float(clamped(moved))
      }
      if configuration.intercept { state.intercept = clamped(state.intercept - push) }
    }
    state.clock.advance(by: step, period: configuration.penalty.period)
    state.steps += 1
    return margin
  }

  /// How far the sample moves the weights along its features, and the intercept.
  private func push(_ margin: Double, _ target: Double, amount: Double, _ values: Span<Float>) -> Double {
    switch configuration.learningRate.update {
    case .gradient: return amount * loss.derivative(margin, target)
    case .invariant:
      // The intercept is the weight of a feature that is always 1.
      var curvature = configuration.intercept ? 1.0 : 0.0
      for position in values.indices { curvature += Double(values[position]) * Double(values[position]) }
      return loss.invariantPush(margin, target, amount: amount, curvature: curvature)
    }
  }

  /// Holds a weight at the largest finite Float32, so that no stream of finite samples makes one infinite.
  private mutating func clamped(_ weight: Double) -> Double {
    let limit = Double(Float.greatestFiniteMagnitude)
    if abs(weight) <= limit { return weight }
    state.clampedUpdates += 1
    return weight < 0 ? -limit : limit
  }
}
