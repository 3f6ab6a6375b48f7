/// A linear model that learns one sample at a time by stochastic gradient descent, with elastic-net shrinkage paid
/// lazily: a sample costs O(its features), however many the model has.
///
/// The step, at time t with step size η and importance weight c:
///
///     1. w_i is what it is now, for the sample's features      (with what it owes paid: `ShrinkageClock`)
///     2. p = b + Σ w_i x_i
///     3. w_i ← w_i − s x_i;  b ← b − s, with s = η ℓ′(p, y) c, or the importance-invariant push
///     4. the shrinkage clock advances by η                      (every weight of the model owes that much more)
///
/// A copy is a snapshot: it shares storage until one of both changes.
public struct LinearLearner: Sendable {
  /// A weight in the units of the shrinkage clock, and when it was last touched. 16 bytes.
  public struct Coordinate: Sendable, Equatable {
    /// v: the weight divided by the clock's scale.
    public var value: Float
    /// The clock's epoch whose units v and the mark are in.
    public var epoch: UInt32
    /// The clock's pull at the last touch.
    public var mark: Double

    public init(value: Float, epoch: UInt32, mark: Double) {
      self.value = value
      self.epoch = epoch
      self.mark = mark
    }
  }

  /// All that a learner knows besides its configuration and its weights.
  public struct State: Sendable, Equatable, Codable {
    public var steps: UInt64 = 0
    public var intercept = 0.0
    public var clock = ShrinkageClock()
    /// How many updates had to be held back at the largest weight.
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

  /// No weight and no intercept grows beyond this, so that no stream of finite samples makes one infinite. In the
  /// clock's units that leaves a factor of 10⁸, far more than the scale ever takes.
  public static let largestWeight = 1e30

  public let configuration: LearnerConfiguration
  public private(set) var state: State
  public private(set) var coordinates: [Coordinate]
  private let stepSize: StepSize
  private let loss: LossFunction

  /// A model of no features, all zero.
  public init(_ configuration: LearnerConfiguration) {
    self.init(configuration, state: State(), coordinates: [])
  }

  /// A model as a checkpoint holds it, its debts unpaid, so that it goes on bit for bit.
  public init(_ configuration: LearnerConfiguration, state: State, coordinates: [Coordinate]) {
    self.configuration = configuration
    self.state = state
    self.coordinates = coordinates
    loss = configuration.lossFunction
    stepSize = StepSize(configuration)
  }

  /// The same model under another configuration: every debt is paid by the old rules, the new ones hold from here.
  ///
  /// - Complexity: O(features)
  public func reconfigured(_ configuration: LearnerConfiguration) -> LinearLearner {
    var old = self
    // Gravity that the running period still held back is due before the rules change.
    old.state.clock.pullNow(self.configuration.penalty)
    var state = state
    state.clock = ShrinkageClock()
    return LinearLearner(
      configuration, state: state,
      coordinates: old.coefficients().map { Coordinate(value: $0, epoch: 0, mark: 0) })
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
    let fresh = Coordinate(value: 0, epoch: state.clock.epoch, mark: state.clock.pull)
    coordinates.append(contentsOf: repeatElement(fresh, count: count - coordinates.count))
  }

  /// The weight of a feature as of now, all shrinkage paid.
  ///
  /// - Precondition: `feature` is below `count`.
  /// - Complexity: O(1)
  public func coefficient(_ feature: Int) -> Float {
    Float(state.clock.settled(coordinates[feature], configuration.penalty) * state.clock.scale)
  }

  /// All weights as of now.
  ///
  /// - Complexity: O(features)
  public func coefficients() -> [Float] {
    coordinates.indices.map { coefficient($0) }
  }

  /// The margin b + w·x. Changes nothing.
  ///
  /// - Parameters:
  ///   - features: indices below `count`.
  ///   - values: as many, finite.
  /// - Complexity: O(features of the sample)
  public func margin(_ features: Span<UInt32>, _ values: Span<Float>) -> Double {
    // Local copies, so that the loop reads no field of `self` anew.
    let clock = state.clock
    let penalty = configuration.penalty
    let coordinates = coordinates.span
    var sum = 0.0
    for position in features.indices {
      sum += clock.settled(coordinates[Int(features[position])], penalty) * Double(values[position])
    }
    // Weights, values, targets and importances are within Float32's range and the arithmetic is Float64's, so neither
    // this nor any product that follows can overflow.
    return state.intercept + sum * clock.scale
  }

  /// Learns one sample.
  ///
  /// - Parameters:
  ///   - features: indices below `count`, each once (for gradient updates, repetitions add up).
  ///   - values: as many, finite.
  ///   - target: normalized by the loss.
  ///   - importance: above 0, at most the largest finite Float32.
  /// - Returns: the margin before learning.
  /// - Complexity: O(features of the sample)
  public mutating func learn(
    _ features: Span<UInt32>, _ values: Span<Float>, target: Double, importance: Double
  ) -> Double {
    let margin = margin(features, values)
    let step = nextStepSize
    let push = push(margin, target, amount: step * importance, values)
    if push != 0 {
      move(features, values, by: push)
      if configuration.intercept {
        let moved = state.intercept - push
        state.intercept = max(-LinearLearner.largestWeight, min(moved, LinearLearner.largestWeight))
        if state.intercept != moved { state.clampedUpdates += 1 }
      }
    }
    state.clock.advance(by: step, configuration.penalty)
    state.steps += 1
    return margin
  }

  /// Brings the sample's weights up to date and moves them, rounding each once.
  private mutating func move(_ features: Span<UInt32>, _ values: Span<Float>, by push: Double) {
    let clock = state.clock
    let penalty = configuration.penalty
    let push = push / clock.scale
    let limit = LinearLearner.largestWeight / clock.scale
    var clamped: UInt64 = 0
    var coordinates = coordinates.mutableSpan
    for position in features.indices {
      let feature = Int(features[position])
      var moved = clock.settled(coordinates[feature], penalty) - push * Double(values[position])
      if abs(moved) > limit {
        clamped += 1
        moved = moved < 0 ? -limit : limit
      }
      coordinates[feature] = Coordinate(value: Float(moved), epoch: clock.epoch, mark: clock.pull)
    }
    state.clampedUpdates += clamped
  }

  /// How far the sample moves the weights along its features, and the intercept.
  private func push(_ margin: Double, _ target: Double, amount: Double, _ values: Span<Float>) -> Double {
    switch configuration.update {
    case .gradient: return amount * loss.derivative(margin, target)
    case .invariant:
      // The intercept is the weight of a feature that is always 1.
      var curvature = configuration.intercept ? 1.0 : 0.0
      for position in values.indices { curvature += Double(values[position]) * Double(values[position]) }
      return loss.invariantPush(margin, target, amount: amount, curvature: curvature)
    }
  }
}
