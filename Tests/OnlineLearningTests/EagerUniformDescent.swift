import Glibc
import OnlineLearning

/// The oracle's stochastic gradient descent with one rate for all weights, and gravity at every K-th step.
struct EagerUniformDescent: EagerRule {
  private var configuration: LearnerConfiguration
  private(set) var weights: [Double]
  private(set) var intercept: Double
  /// The step sizes since gravity last pulled, and how many they are.
  private var heldBack = 0.0
  private var stepsHeldBack = 0

  init(_ configuration: LearnerConfiguration, _ weights: [Double], intercept: Double) {
    self.configuration = configuration
    self.weights = weights
    self.intercept = intercept
  }

  mutating func learn(_ sample: Sample, after steps: Int) -> Double {
    let loss = configuration.lossOracle
    let features = zip(sample.features, sample.values.map(Double.init))
    let margin = features.reduce(intercept) { $0 + weights[$1.0] * $1.1 }

    let step = configuration.eagerStepSize(after: steps)
    let push: Double
    switch configuration.update {
    case .gradient: push = step * sample.importance * loss.derivative(margin, sample.target)
    case .invariant:
      // The margin moves by the push times Σ x², 1 of it the intercept's.
      let squares = features.reduce(configuration.intercept ? 1 : 0) { $0 + $1.1 * $1.1 }
      push = loss.invariantPush(margin, sample.target, amount: step * sample.importance, curvature: squares)
    }
    for (feature, value) in features { weights[feature] -= push * value }
    if configuration.intercept { intercept -= push }

    let retained = exp(-configuration.penalty.l2 * step)
    for feature in weights.indices { weights[feature] *= retained }
    heldBack += step
    stepsHeldBack += 1
    if stepsHeldBack >= configuration.penalty.period { settle() }
    return margin
  }

  /// Gravity catches up as if it had been pulling along with the decay: the decay of its time is taken back, and
  /// both act together for all of it.
  mutating func settle() {
    let decayTakenBack = exp(configuration.penalty.l2 * heldBack)
    let flow = EagerFlow(configuration.penalty)
    for feature in weights.indices where weights[feature] != 0 {
      weights[feature] = flow.weight(weights[feature] * decayTakenBack, after: heldBack)
    }
    heldBack = 0
    stepsHeldBack = 0
  }

  mutating func reconfigure(_ configuration: LearnerConfiguration) {
    self.configuration = configuration
  }
}
