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
  var weights: Weights
  private let stepSize: StepSize
  private let loss: LossFunction

  /// The weights, as the configuration's rule keeps them. One of them is there.
  struct Weights: Sendable {
    var uniform: UniformWeights?
    var adaptive: AdaptiveWeights?
    var proximal: ProximalWeights?

    // Inlined, so that asking reads a number and copies nothing: it is asked with every message.
    @inline(__always)
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
  @inline(__always)
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

  /// Makes features as they were when they were new.
  ///
  /// - Parameter features: below `count`.
  /// - Complexity: O(features)
  mutating func forget(_ features: [Int]) {
    weights.uniform?.forget(features, state.clock)
    weights.adaptive?.forget(features)
    weights.proximal?.forget(features)
  }

  /// Tells the name of a feature that is another one from now on.
  ///
  /// - Complexity: O(prefixes)
  mutating func rename(_ feature: Int, _ name: String) {
    weights.adaptive?.shares.rename(feature, name)
    weights.proximal?.rename(feature, name)
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

  /// What a feature of a value adds to the margin: with `intercept`, those of all features of a sample sum up to it, up to
  /// rounding.
  ///
  /// - Precondition: `feature` is below `count`.
  /// - Complexity: O(1)
  public func contribution(of feature: Int, value: Float) -> Double {
    weights.adaptive?.contribution(feature, value, state) ?? weight(feature) * Double(value)
  }

  /// Learns the rows of a batch in their order.
  ///
  /// - Parameters:
  ///   - batch: rows with targets, their features below `count`.
  ///   - record: takes each row and its margin before it was learned.
  /// - Complexity: O(features of the batch)
  @inline(__always)
  public mutating func learn(_ batch: borrowing SampleBatch, record: (_ row: Int, _ margin: Double) -> Void) {
    if weights.uniform != nil {
      if let first = batch.firstOfAdjacent {
        return learnUniform(batch, record) { _, _ in AdjacentFeatures(first: Int(first)) }
      }
      return learnUniform(batch, record) { pass, range in pass.listed(range) }
    }
    var state = state
    if weights.adaptive != nil {
      weights.adaptive?.learn(batch, stepSize, &state, record: record)
    } else {
      weights.proximal?.learn(batch, &state, record: record)
    }
    self.state = state
  }

  @inline(__always)
  private mutating func learnUniform(
    _ batch: borrowing SampleBatch, _ record: (_ row: Int, _ margin: Double) -> Void,
    features: (UniformPass, Range<Int>) -> some RowFeatures
  ) {
    let (targets, importances) = (batch.targets.span, batch.importances.span)
    let (rowEnds, values) = (batch.rowEnds.span, batch.values.span)
    let (configuration, loss, stepSize) = (configuration, loss, stepSize)
    let (penalty, hasIntercept) = (configuration.penalty, configuration.intercept)
    let isInvariant = configuration.update == .invariant
    let (payment, hasEpochs) = (penalty.payment, penalty.l2 > 0)
    var state = state
    // Apart, because it is asked for at every sample, and copying it would count its references.
    var clock = state.clock
    weights.uniform?.withPass(
      batch.featureList.span, areCommon: batch.hasCommonFeatures, values, bound: Int(batch.featureBound),
      longest: batch.longestRow, largestValue: batch.largestValue
    ) { pass in
      var start = 0
      for row in rowEnds.indices {
        let range = start..<rowEnds[row]
        start = range.upperBound
        let step = stepSize(after: state.steps)
        let (target, amount) = (targets[row], step * importances[row])
        var margin = state.intercept
        var push = 0.0
        let clamped = pass.learn(
          range, features(pass, range), clock.reading, payment, hasEpochs: hasEpochs
        ) { row in
          row.settle(clock, penalty)
        } push: { sum in
          // Before the loss, which waits for the sum, and this does not.
          clock.advance(by: step, penalty)
          margin += sum
          push =
            isInvariant
            ? loss.invariantPush(
              margin, target, amount: amount,
              curvature: curvature(values.extracting(range), hasIntercept: hasIntercept))
            : amount * loss.cutDerivative(margin, target, &state.clampedUpdates)
          return push
        }
        state.clampedUpdates += clamped
        if hasIntercept { state.moveIntercept(by: push) }
        state.steps += 1
        record(row, margin)
      }
    }
    state.clock = clock
    self.state = state
  }
}

/// Σ x², with the intercept as the weight of a feature that is always 1.
private func curvature(_ values: Span<Float>, hasIntercept: Bool) -> Double {
  var sum = hasIntercept ? 1.0 : 0.0
  for position in values.indices { sum += Double(values[position]) * Double(values[position]) }
  return sum
}
