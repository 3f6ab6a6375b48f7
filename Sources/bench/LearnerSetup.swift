internal import OnlineLearning

/// Which penalty is measured, named as scikit-learn names it.
enum PenaltyKind: String, CaseIterable {
  case none, l2, l1, elasticnet

  /// scikit-learn's alpha. Bottou's for RCV1, the stream that the sparse one is made after.
  static let strength = 1e-5
  /// scikit-learn's l1_ratio for elastic net, its default.
  static let l1Ratio = 0.15
  static let shrinking = allCases.filter { $0 != .none }

  var penalty: Penalty {
    switch self {
    case .none: Penalty()
    case .l2: Penalty(l2: PenaltyKind.strength)
    case .l1: Penalty(l1: PenaltyKind.strength)
    case .elasticnet:
      Penalty(l1: PenaltyKind.strength * PenaltyKind.l1Ratio, l2: PenaltyKind.strength * (1 - PenaltyKind.l1Ratio))
    }
  }
}

/// One learner to be measured.
///
/// Both sides learn logistic loss: it moves the weights at every sample, so that no penalty saves work by making samples
/// fit, and costs one exponential a sample.
struct LearnerSetup {
  /// The constant learning rate.
  static let rate = 0.1
  /// What the peer can do.
  static let plain = Optimizer.sgd

  let optimizer: Optimizer
  let kind: PenaltyKind

  /// A learner that has learned nothing, its `features` weights in place.
  func learner(features: Int, intercept: Bool = true) -> LinearLearner {
    let configuration = LearnerConfiguration(
      loss: .logistic, intercept: intercept, optimizer: optimizer,
      learningRate: LearningRate(schedule: .constant, initial: LearnerSetup.rate), penalty: kind.penalty)
    var learner = LinearLearner(configuration)
    learner.grow(to: features)
    return learner
  }

  /// What a weight takes in memory, with all that the optimizer keeps about it.
  static func bytesPerWeight(_ optimizer: Optimizer) -> Int {
    // More than without a penalty.
    LinearLearner.bytesPerWeight(LearnerConfiguration(optimizer: optimizer, penalty: Penalty(l1: 1, l2: 1)))
  }

  /// The most it may take.
  static func bytesAllowed(_ optimizer: Optimizer) -> Double {
    [.sgd, .adagrad].contains(optimizer) ? 24 : 32
  }
}
