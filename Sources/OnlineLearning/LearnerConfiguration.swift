/// What makes a learner the one it is.
public struct LearnerConfiguration: Sendable, Equatable, Codable {
  public var loss: Loss
  public var lossParameters: LossParameters
  /// Whether the model has an intercept. It is never penalized.
  public var intercept: Bool
  public var learningRate: LearningRate
  public var penalty: Penalty
  /// After how many samples a loss has half its say in the recent progressive loss; above 0.
  public var recentHalfLife: Double

  enum CodingKeys: String, CodingKey {
    case loss, intercept, penalty
    case lossParameters = "loss_parameters"
    case learningRate = "learning_rate"
    case recentHalfLife = "recent_half_life"
  }

  public init(
    loss: Loss = .squared, lossParameters: LossParameters = LossParameters(), intercept: Bool = true,
    learningRate: LearningRate = LearningRate(),
    penalty: Penalty = Penalty(l1: 0.01, l2: 0.001), recentHalfLife: Double = 1000
  ) {
    self.loss = loss
    self.lossParameters = lossParameters
    self.intercept = intercept
    self.learningRate = learningRate
    self.penalty = penalty
    self.recentHalfLife = recentHalfLife
  }

  /// The loss with its parameters.
  public var lossFunction: LossFunction { LossFunction(loss, lossParameters) }
}
