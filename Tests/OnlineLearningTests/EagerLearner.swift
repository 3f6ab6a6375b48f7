import Glibc
import OnlineLearning

/// The oracle: a dense Float64 learner in which every weight pays at every step.
///
/// Of the module under test it uses the plain values of the configuration and nothing else: it has its own losses
/// (`LossOracle`), schedules, shrinkage (`EagerFlow`) and means, written for being obviously right, not for being
/// fast. This is what all optimizers have in common.
struct EagerLearner {
  private(set) var configuration: LearnerConfiguration
  private var rule: any EagerRule
  private var steps = 0
  private var losses: [(loss: Double, importance: Double)] = []

  init(_ configuration: LearnerConfiguration, dimensions: Int) {
    self.configuration = configuration
    rule = configuration.eagerRule(Array(repeating: 0, count: dimensions), intercept: 0)
  }

  /// What the model reports.
  var weights: [Double] { rule.weights }
  var intercept: Double { rule.intercept }

  /// - Returns: the margin that the model predicts before learning.
  @discardableResult
  mutating func learn(_ sample: Sample) -> Double {
    let margin = rule.learn(sample, after: steps)
    losses.append((configuration.lossOracle.value(margin, sample.target), sample.importance))
    steps += 1
    return margin
  }

  /// New rules from here on. What an optimizer has gathered is of use to itself only.
  mutating func reconfigure(_ configuration: LearnerConfiguration) {
    rule.settle()
    let old = self.configuration
    self.configuration = configuration
    if old.optimizer == configuration.optimizer, old.hasOneClock == configuration.hasOneClock {
      rule.reconfigure(configuration)
    } else {
      rule = configuration.eagerRule(rule.weights, intercept: rule.intercept)
    }
  }

  /// The progressive loss, weighted by importance, and by 2^(−age/half-life) if there is one.
  func meanLoss(halfLife: Double = .infinity) -> Double {
    var (sum, total) = (0.0, 0.0)
    for (age, entry) in losses.reversed().enumerated() {
      let weight = entry.importance * pow(2, -Double(age) / halfLife)
      sum += weight * entry.loss
      total += weight
    }
    return sum / total
  }
}

/// What one optimizer of the oracle does.
protocol EagerRule {
  var weights: [Double] { get }
  var intercept: Double { get }
  /// - Returns: the margin that the model predicts before learning.
  mutating func learn(_ sample: Sample, after steps: Int) -> Double
  /// Pays what a period held back.
  mutating func settle()
  mutating func reconfigure(_ configuration: LearnerConfiguration)
}

extension LearnerConfiguration {
  var lossOracle: LossOracle { LossOracle(loss, lossParameters) }

  /// Whether all weights shrink alike.
  fileprivate var hasOneClock: Bool {
    optimizer == .sgd && averagingStart == nil && penalty.penalize == .raw && penalty.factors.isEmpty
  }

  fileprivate func eagerRule(_ weights: [Double], intercept: Double) -> any EagerRule {
    if optimizer == .ftrl { return EagerProximalDescent(self, weights, intercept: intercept) }
    if hasOneClock { return EagerUniformDescent(self, weights, intercept: intercept) }
    return EagerAdaptiveDescent(self, weights, intercept: intercept)
  }

  /// ηₜ
  func eagerStepSize(after steps: Int) -> Double {
    switch schedule {
    case .constant: return initialStepSize
    case .inverseScaling: return initialStepSize * pow(Double(steps + 1), -learningRate.power)
    case .optimal:
      let strength = penalty.l1 + penalty.l2
      let typicalWeight = pow(strength, -0.25)
      let firstStep = typicalWeight / max(1, lossOracle.derivative(-typicalWeight, 1))
      return 1 / (strength * (Double(steps) + (learningRate.offset ?? 1 / (firstStep * strength))))
    }
  }

  /// fᵢ of the feature that `ModelUnderTest` names by its number: the whole name's, or the longest beginning's.
  func eagerFactor(_ feature: Int) -> Double {
    let name = "feature \(feature)"
    if let exact = penalty.factors.first(where: { $0.pattern == name }) { return exact.factor }
    let beginnings = penalty.factors.filter { $0.pattern.last == "*" && name.hasPrefix($0.pattern.dropLast()) }
    return beginnings.max { $0.pattern.count < $1.pattern.count }?.factor ?? 1
  }
}
