/// What makes a learner the one it is.
public struct LearnerConfiguration: Sendable, Equatable {
  public var loss: Loss
  public var lossParameters: LossParameters
  /// Whether the model has an intercept. It is never penalized.
  public var intercept: Bool
  public var optimizer: Optimizer
  public var learningRate: LearningRate
  /// Averaged SGD (Polyak and Juditsky 1992): predictions and coefficients are the weights' mean over the path from this
  /// step on, at least 0, each moment weighted by its step size (Nemirovski et al. 2009). nil: the weights themselves.
  public var averagingStart: Int?
  public var penalty: Penalty
  /// What progressive validation remembers.
  public var memory: ProgressiveValidation.Memory

  public init(
    loss: Loss = .squared, lossParameters: LossParameters = LossParameters(), intercept: Bool = true,
    optimizer: Optimizer = .sgd, learningRate: LearningRate = LearningRate(), averagingStart: Int? = nil,
    penalty: Penalty = Penalty(l1: 0.01, l2: 0.001),
    memory: ProgressiveValidation.Memory = ProgressiveValidation.Memory()
  ) {
    self.loss = loss
    self.lossParameters = lossParameters
    self.intercept = intercept
    self.optimizer = optimizer
    self.learningRate = learningRate
    self.averagingStart = averagingStart
    self.penalty = penalty
    self.memory = memory
  }

  /// The loss with its parameters.
  public var lossFunction: LossFunction { LossFunction(loss, lossParameters) }
  /// The schedule in force.
  public var schedule: LearningRate.Schedule { learningRate.schedule ?? optimizer.schedule }
  /// The update in force.
  public var update: LearningRate.Update { learningRate.update ?? optimizer.update }
  /// The first step size in force: η₀, or FTRL's α.
  public var initialStepSize: Double { learningRate.initial ?? optimizer.initialStepSize }
}

extension LearnerConfiguration: Codable {
  enum CodingKeys: String, CodingKey {
    case loss, intercept, optimizer, penalty, memory
    case lossParameters = "loss_parameters"
    case learningRate = "learning_rate"
    case averagingStart = "averaging_start"
  }

  /// What is not there has its default: checkpoints of earlier versions know fewer things.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    loss = try fields.decodeIfPresent(Loss.self, forKey: .loss) ?? loss
    lossParameters = try fields.decodeIfPresent(LossParameters.self, forKey: .lossParameters) ?? lossParameters
    intercept = try fields.decodeIfPresent(Bool.self, forKey: .intercept) ?? intercept
    optimizer = try fields.decodeIfPresent(Optimizer.self, forKey: .optimizer) ?? optimizer
    learningRate = try fields.decodeIfPresent(LearningRate.self, forKey: .learningRate) ?? learningRate
    averagingStart = try fields.decodeIfPresent(Int.self, forKey: .averagingStart)
    penalty = try fields.decodeIfPresent(Penalty.self, forKey: .penalty) ?? penalty
    memory = try fields.decodeIfPresent(ProgressiveValidation.Memory.self, forKey: .memory) ?? memory
  }
}

extension LearnerConfiguration {
  /// Things that do not go together.
  public enum Contradiction: Error, Sendable, Equatable, CaseIterable, CustomStringConvertible {
    /// `optimal` divides by λ1 + λ2, and both are 0.
    case optimalWithoutPenalty
    /// `optimal` is a schedule for `sgd` only.
    case optimalAndOptimizer
    /// `ftrl` has a schedule of its own.
    case ftrlAndSchedule
    /// `ftrl` minimizes linearized losses: its update is the gradient's.
    case ftrlAndInvariant
    /// `ftrl` has no θ.
    case ftrlAndThreshold
    /// K above 1 needs one clock for all weights.
    case periodAndRates
    /// Averaging is for `sgd`.
    case averagingAndOptimizer
    /// Two factors for one pattern.
    case repeatedFactor
    /// More factors than a byte can number.
    case tooManyFactors

    public var description: String {
      switch self {
      case .optimalWithoutPenalty: "the schedule optimal divides by λ1 + λ2, and both are 0"
      case .optimalAndOptimizer: "the schedule optimal is for the optimizer sgd"
      case .ftrlAndSchedule: "the optimizer ftrl has a schedule of its own"
      case .ftrlAndInvariant: "the optimizer ftrl takes no invariant updates"
      case .ftrlAndThreshold: "the optimizer ftrl has no threshold θ of its penalty"
      case .periodAndRates: "a period above 1 needs all weights to shrink alike"
      case .averagingAndOptimizer: "averaging is for the optimizer sgd"
      case .repeatedFactor: "there are two penalty factors for one pattern"
      case .tooManyFactors: "there are more than \(PenaltyFactor.largestCount) penalty factors"
      }
    }
  }

  /// The first contradiction in it.
  public var contradiction: Contradiction? {
    if schedule == .optimal, optimizer != .sgd { return .optimalAndOptimizer }
    if schedule == .optimal, penalty.isNone { return .optimalWithoutPenalty }
    if optimizer == .ftrl {
      if schedule != .constant { return .ftrlAndSchedule }
      if update != .gradient { return .ftrlAndInvariant }
      if penalty.threshold != nil { return .ftrlAndThreshold }
    }
    if averagingStart != nil, optimizer != .sgd { return .averagingAndOptimizer }
    if penalty.period > 1, !hasOneRate { return .periodAndRates }
    if penalty.factors.count > PenaltyFactor.largestCount { return .tooManyFactors }
    if Set(penalty.factors.map(\.pattern)).count < penalty.factors.count { return .repeatedFactor }
    return nil
  }

  /// Whether all weights shrink alike, so that the model needs one decay factor only.
  var hasOneRate: Bool {
    optimizer == .sgd && averagingStart == nil && penalty.penalize == .raw && penalty.factors.isEmpty
  }
}
