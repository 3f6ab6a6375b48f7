/// What makes a learner the one it is.
public struct LearnerConfiguration: Sendable, Equatable, Codable {
  public var loss: Loss
  public var lossParameters: LossParameters
  /// Whether the model has an intercept. It is never penalized.
  public var intercept: Bool
  public var learningRate: LearningRate
  public var penalty: Penalty
  /// What progressive validation remembers.
  public var memory: ProgressiveValidation.Memory

  enum CodingKeys: String, CodingKey {
    case loss, intercept, penalty, memory
    case lossParameters = "loss_parameters"
    case learningRate = "learning_rate"
  }

  public init(
    loss: Loss = .squared, lossParameters: LossParameters = LossParameters(), intercept: Bool = true,
    learningRate: LearningRate = LearningRate(),
    penalty: Penalty = Penalty(l1: 0.01, l2: 0.001),
    memory: ProgressiveValidation.Memory = ProgressiveValidation.Memory()
  ) {
    self.loss = loss
    self.lossParameters = lossParameters
    self.intercept = intercept
    self.learningRate = learningRate
    self.penalty = penalty
    self.memory = memory
  }

  /// The loss with its parameters.
  public var lossFunction: LossFunction { LossFunction(loss, lossParameters) }
}
