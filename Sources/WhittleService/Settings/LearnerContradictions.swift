internal import OnlineLearning
internal import WhittleProtocol

/// What a contradiction means to the person who wrote the settings.
extension LearnerConfiguration.Contradiction {
  /// The settings that do not go together, the one to blame first.
  var keys: [String] {
    switch self {
    case .optimalWithoutPenalty: ["learning_rate.schedule", "penalty.l1", "penalty.l2"]
    case .optimalAndOptimizer, .ftrlAndSchedule: ["learning_rate.schedule", "model.optimizer"]
    case .ftrlAndInvariant: ["learning_rate.update", "model.optimizer"]
    case .ftrlAndThreshold: ["penalty.threshold", "model.optimizer"]
    case .periodAndRates: ["penalty.period"]
    case .averagingAndOptimizer: ["learning_rate.average_from", "model.optimizer"]
    case .repeatedFactor, .tooManyFactors: ["penalty.factors"]
    }
  }

  /// What was found, why it does not go together, and what to do.
  func problem(of learner: LearnerConfiguration) -> String {
    let optimizer = learner.optimizer.rawValue
    switch self {
    case .optimalWithoutPenalty:
      return "found optimal, which divides by λ1 + λ2, with both 0; give one of them, or another schedule"
    case .optimalAndOptimizer:
      return "found optimal with model.optimizer \(optimizer), whose step sizes fall by themselves, weight by "
        + "weight; leave the schedule at auto, or set model.optimizer to sgd"
    case .ftrlAndSchedule:
      return "found \(learner.schedule.rawValue) with model.optimizer ftrl, whose step sizes fall by themselves, "
        + "weight by weight; leave the schedule at auto, or choose another optimizer"
    case .ftrlAndInvariant:
      return "found invariant with model.optimizer ftrl, which sums up gradients and takes no step that could "
        + "overshoot; leave the update at auto, or choose another optimizer"
    case .ftrlAndThreshold:
      let threshold = Setting.text(.number(learner.penalty.threshold ?? 0))
      return "found \(threshold) with model.optimizer ftrl, which penalizes all weights whatever their size; "
        + "set the threshold to none, or choose another optimizer"
    case .periodAndRates:
      return "found \(learner.penalty.period), and a period above 1 needs all weights to shrink alike, which they do "
        + "not with \(learner.whatSetsRatesApart.joined(separator: ", ")); set the period to 1, or leave those out"
    case .averagingAndOptimizer:
      return "found \(learner.averagingStart ?? 0) with model.optimizer \(optimizer), and averaging is for sgd; set "
        + "average_from to none, or model.optimizer to sgd"
    case .repeatedFactor:
      let repeated = learner.penalty.factors.map(\.pattern).firstRepetition ?? ""
      return "found several factors for \(repeated), so that it is open which of them holds; give it one"
    case .tooManyFactors:
      return "found \(learner.penalty.factors.count) factors, and a model tells at most \(PenaltyFactor.largestCount) "
        + "apart; give features that bear the same factor a common prefix, as in sensor_*=0.5"
    }
  }

  /// Takes back what is to blame, so that only other contradictions remain.
  func mend(_ learner: inout LearnerConfiguration) {
    switch self {
    case .optimalWithoutPenalty, .optimalAndOptimizer, .ftrlAndSchedule: learner.learningRate.schedule = nil
    case .ftrlAndInvariant: learner.learningRate.update = nil
    case .ftrlAndThreshold: learner.penalty.threshold = nil
    case .periodAndRates: learner.penalty.period = 1
    case .averagingAndOptimizer: learner.averagingStart = nil
    case .repeatedFactor, .tooManyFactors: learner.penalty.factors = []
    }
  }
}

extension LearnerConfiguration {
  /// The settings under which each weight shrinks at a rate of its own.
  fileprivate var whatSetsRatesApart: [String] {
    var settings: [String] = []
    if optimizer != .sgd { settings.append("model.optimizer \(optimizer.rawValue)") }
    if averagingStart != nil { settings.append("learning_rate.average_from") }
    if penalty.penalize != .raw { settings.append("penalty.penalize \(penalty.penalize.rawValue)") }
    if !penalty.factors.isEmpty { settings.append("penalty.factors") }
    return settings
  }
}

extension [String] {
  /// The first text that stood before.
  fileprivate var firstRepetition: String? {
    var seen: Set<String> = []
    return first { !seen.insert($0).inserted }
  }
}
