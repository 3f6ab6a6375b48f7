import Glibc
import OnlineLearning

/// The oracle: a dense Float64 learner that shrinks every weight of the model at every step.
///
/// Of the module under test it uses the plain values of the configuration and nothing else: it has its own losses
/// (`LossOracle`), schedules, shrinkage and means, written for being obviously right, not for being fast.
struct EagerLearner {
  private(set) var configuration: LearnerConfiguration
  private(set) var weights: [Double]
  private(set) var intercept = 0.0
  private var steps = 0
  /// The step sizes since gravity last pulled, P, and how many they are.
  private var heldBack = 0.0
  private var stepsHeldBack = 0
  private var losses: [(loss: Double, importance: Double)] = []

  init(_ configuration: LearnerConfiguration, dimensions: Int) {
    self.configuration = configuration
    weights = Array(repeating: 0, count: dimensions)
  }

  mutating func learn(_ sample: Sample) {
    let features = zip(sample.features, sample.values.map(Double.init))
    let margin = features.reduce(intercept) { $0 + weights[$1.0] * $1.1 }
    losses.append((loss.value(margin, sample.target), sample.importance))

    let step = stepSize
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
    if stepsHeldBack >= configuration.penalty.period { pull() }
    steps += 1
  }

  /// New rules from here on; what gravity held back is due by the old ones.
  mutating func reconfigure(_ configuration: LearnerConfiguration) {
    pull()
    self.configuration = configuration
  }

  /// Gravity catches up as if it had been pulling along with the decay: the decay of its time is taken back, and
  /// both act together for all of it.
  private mutating func pull() {
    let decayTakenBack = exp(configuration.penalty.l2 * heldBack)
    for feature in weights.indices where weights[feature] != 0 {
      weights[feature] = Self.shrink(weights[feature] * decayTakenBack, heldBack, configuration.penalty)
    }
    heldBack = 0
    stepsHeldBack = 0
  }

  /// dw/ds = −λ2 w − λ1 sgn(w)·[|w| ≤ θ], zero absorbing, solved for a = |w|. With c = λ1/λ2, a + c decays like
  /// e^(−λ2 s) as long as gravity acts; above θ a alone does.
  static func shrink(_ weight: Double, _ time: Double, _ penalty: Penalty) -> Double {
    let (l1, l2) = (penalty.l1, penalty.l2)
    let sign: Double = weight < 0 ? -1 : 1
    var a = abs(weight)
    var s = time
    if let threshold = penalty.threshold, a > threshold {
      if a * exp(-l2 * s) > threshold { return sign * a * exp(-l2 * s) }
      s -= (log(a) - log(threshold)) / l2
      a = threshold
    }
    a = l2 > 0 ? (a + l1 / l2) * exp(-l2 * s) - l1 / l2 : a - l1 * s
    return sign * max(a, 0)
  }

  private var stepSize: Double {
    let (rate, initial) = (configuration.learningRate, configuration.initialStepSize)
    switch configuration.schedule {
    case .constant: return initial
    case .inverseScaling: return initial * pow(Double(steps + 1), -rate.power)
    case .optimal:
      let strength = configuration.penalty.l1 + configuration.penalty.l2
      let typicalWeight = pow(strength, -0.25)
      let firstStep = typicalWeight / max(1, loss.derivative(-typicalWeight, 1))
      return 1 / (strength * (Double(steps) + (rate.offset ?? 1 / (firstStep * strength))))
    }
  }

  private var loss: LossOracle { LossOracle(configuration.loss, configuration.lossParameters) }

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
