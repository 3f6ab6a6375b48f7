/// How far one sample moves each weight.
public enum Optimizer: String, Sendable, Codable, CaseIterable {
  /// All weights alike, by the step size: stochastic gradient descent.
  case sgd
  /// Each weight by the step size over the root of its squared gradients' sum (Duchi, Hazan and Singer, JMLR 12, 2011).
  case adagrad
  /// As `adagrad`, and each also by the size of its feature, so that features need no scaling (Ross, Mineiro and Langford,
  /// Normalized Online Learning, UAI 2013, algorithm NAG).
  case normalized
  /// FTRL-Proximal: the weights that minimize all losses so far, linearized, with the penalty (McMahan et al., Ad Click
  /// Prediction, KDD 2013).
  case ftrl

  /// The schedule it has when nobody names one.
  public var schedule: LearningRate.Schedule { self == .sgd ? .inverseScaling : .constant }

  /// The first step size it has when nobody names one.
  public var initialStepSize: Double {
    switch self {
    case .sgd: 0.01
    case .adagrad, .ftrl: 0.1
    case .normalized: 0.5
    }
  }

  /// The update it has when nobody names one.
  public var update: LearningRate.Update { self == .normalized ? .invariant : .gradient }
}
