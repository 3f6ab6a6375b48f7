import Glibc
import OnlineLearning
import TestSupport

extension LossFunction {
  /// Every loss, those with a parameter also with unusual ones.
  static let examples: [LossFunction] =
    Loss.allCases.map { LossFunction($0) } + [
      LossFunction(.huber, LossParameters(delta: 0.01)), LossFunction(.huber, LossParameters(delta: 30)),
      LossFunction(.quantile, LossParameters(quantile: 0.9)), LossFunction(.quantile, LossParameters(quantile: 0.02)),
      LossFunction(.epsilonInsensitive, LossParameters(epsilon: 0)),
      LossFunction(.epsilonInsensitive, LossParameters(epsilon: 4)),
    ]

  var oracle: LossOracle { LossOracle(loss, parameters) }

  /// The margins at which the slope jumps, or bends, for a target.
  func kinks(_ target: Double) -> [Double] {
    switch loss {
    case .squared, .poisson, .logistic: []
    case .huber: [target - parameters.delta, target + parameters.delta]
    case .quantile: [target]
    case .epsilonInsensitive: [target - parameters.epsilon, target + parameters.epsilon]
    case .hinge, .squaredHinge: [target]
    }
  }

  /// The slope falls to zero where the margin reaches this place coming from `margin`; nil where it never does.
  func rest(from margin: Double, _ target: Double) -> Double? {
    switch loss {
    case .squared, .huber, .quantile: target
    case .epsilonInsensitive: target + (margin < target ? -1 : 1) * parameters.epsilon
    case .poisson: target > 0 ? log(target) : nil
    case .logistic: nil
    case .hinge, .squaredHinge: target
    }
  }
}

extension Loss {
  /// A target that the loss has normalized.
  func randomTarget(_ random: inout SeededGenerator, size: Double = 4) -> Double {
    if isClassification { return random.pick([-1, 1]) }
    if self == .poisson { return random.pick([0, 1, Double(random.below(9)), size * random.unit()]) }
    return size * random.normal()
  }
}
