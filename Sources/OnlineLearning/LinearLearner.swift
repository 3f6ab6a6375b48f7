/// A linear model that learns one sample at a time, with elastic-net shrinkage paid lazily: a sample costs O(its
/// features), however many the model has. `UpdateRule.md` has the rule.
///
/// A copy is a snapshot: it shares storage until one of both changes.
public struct LinearLearner: Sendable {
  /// No weight and no intercept grows beyond this, so that no stream of finite samples makes one infinite. In the
  /// clock's units that leaves a factor of 10⁸, far more than the scale ever takes.
  public static let largestWeight = 1e30

  public let configuration: LearnerConfiguration
  public internal(set) var state: State
  private(set) var weights: Weights
  private let stepSize: StepSize
  private let loss: LossFunction

  /// The weights, as the configuration's rule keeps them. One of them is there.
  struct Weights: Sendable {
    var uniform: UniformWeights?
    var adaptive: AdaptiveWeights?
    var proximal: ProximalWeights?

    var count: Int {
      uniform?.coordinates.count ?? adaptive?.coordinates.count ?? proximal?.coordinates.count ?? 0
    }
  }

  /// A model of no features, all zero.
  public init(_ configuration: LearnerConfiguration) {
    self.init(configuration, state: State(), Weights.empty(configuration))
  }

  init(_ configuration: LearnerConfiguration, state: State, _ weights: Weights) {
    self.configuration = configuration
    self.state = state
    self.weights = weights
    loss = configuration.lossFunction
    stepSize = StepSize(configuration)
    if configuration.penalty.penalize == .scaled, state.measuringSince == nil {
      self.state.measuringSince = state.steps
    }
  }

  /// The number of features.
  public var count: Int { weights.count }
  /// The intercept as of now; its average, where weights are averaged.
  public var intercept: Double {
    configuration.averagingStart == nil ? state.intercept : LinearLearner.reportedIntercept(state)
  }
  /// The step size of the next step.
  public var nextStepSize: Double { stepSize(after: state.steps) }

  static func reportedIntercept(_ state: State) -> Double {
    let now = state.time.value
    guard let start = state.averagingSince, now > start else { return state.intercept }
    return state.interceptSum / (now - start)
  }

  /// Makes room for features up to `count`, their weights zero.
  ///
  /// - Parameter name: tells a feature's name, which decides over its share of the penalty.
  /// - Complexity: O(new features), amortized
  public mutating func grow(to count: Int, name: (Int) -> String = { _ in "" }) {
    guard count > self.count else { return }
    weights.uniform?.grow(to: count, state.clock)
    weights.adaptive?.grow(to: count)
    weights.proximal?.grow(to: count)
    nameFeatures(name)
  }

  /// Tells the names of features that a checkpoint brought.
  mutating func nameFeatures(_ name: (Int) -> String) {
    weights.adaptive?.name(name)
    weights.proximal?.name(name)
  }

  /// The coefficient of a feature as of now: its weight, all shrinkage paid, or its weight's average.
  ///
  /// - Precondition: `feature` is below `count`.
  /// - Complexity: O(1)
  public func coefficient(_ feature: Int) -> Float {
    Float(weights.adaptive?.coefficient(feature, state) ?? weight(feature))
  }

  /// All coefficients as of now.
  ///
  /// - Complexity: O(features)
  public func coefficients() -> [Float] {
    (0..<count).map { coefficient($0) }
  }

  /// w as of now, also where averages are reported.
  func weight(_ feature: Int) -> Double {
    weights.uniform?.weight(feature, state.clock, configuration.penalty) ?? weights.adaptive?.weight(feature, state)
      ?? weights.proximal?.weight(feature, steps: state.steps) ?? 0
  }

  /// The margin b + w·x. Changes nothing.
  ///
  /// - Parameters:
  ///   - features: indices below `count`, each once.
  ///   - values: as many, finite.
  /// - Complexity: O(features of the sample)
  public func margin(_ features: Span<UInt32>, _ values: Span<Float>) -> Double {
    // Weights, values, targets and importances are within Float32's range and the arithmetic is Float64's, so neither
    // this nor any product that follows can overflow.
    if let uniform = weights.uniform {
      return state.intercept + uniform.dot(features, values, state.clock, configuration.penalty)
    }
    if let adaptive = weights.adaptive { return intercept + adaptive.dot(features, values, state) }
    return state.intercept + (weights.proximal?.dot(features, values, steps: state.steps) ?? 0)
  }

  /// Learns one sample.
  ///
  /// - Parameters:
  ///   - features: indices below `count`, each once.
  ///   - values: as many, finite.
  ///   - target: normalized by the loss.
  ///   - importance: above 0, at most the largest finite Float32.
  /// - Returns: the margin before learning.
  /// - Complexity: O(features of the sample)
  public mutating func learn(
    _ features: Span<UInt32>, _ values: Span<Float>, target: Double, importance: Double
  ) -> Double {
    let step = nextStepSize
    let margin =
      learnUniform(features, values, target, importance, step)
      ?? weights.adaptive?.learn(
        features, values, target: target, importance: importance, stepSize: step, &state)
      ?? weights.proximal?.learn(features, values, target: target, importance: importance, &state)
    state.steps += 1
    return margin ?? state.intercept
  }

  /// - Returns: nil where weights have rates of their own.
  private mutating func learnUniform(
    _ features: Span<UInt32>, _ values: Span<Float>, _ target: Double, _ importance: Double, _ step: Double
  ) -> Double? {
    let penalty = configuration.penalty
    guard let sum = weights.uniform?.settle(features, values, state.clock, penalty) else { return nil }
    let margin = state.intercept + sum
    let push = push(margin, target, amount: step * importance, values)
    if push != 0 {
      state.clampedUpdates += weights.uniform?.move(features, values, by: push, state.clock) ?? 0
      if configuration.intercept {
        let moved = state.intercept - push
        state.intercept = max(-LinearLearner.largestWeight, min(moved, LinearLearner.largestWeight))
        if state.intercept != moved { state.clampedUpdates += 1 }
      }
    }
    state.clock.advance(by: step, penalty)
    return margin
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
