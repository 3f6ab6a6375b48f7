import Glibc
import OnlineLearning

/// The losses once more, independent of the module under test: of that it uses the names and the parameters' values.
struct LossOracle {
  private let loss: Loss
  private let parameters: LossParameters

  init(_ loss: Loss, _ parameters: LossParameters) {
    self.loss = loss
    self.parameters = parameters
  }

  func value(_ p: Double, _ y: Double) -> Double {
    let (tau, delta) = (parameters.quantile, parameters.delta)
    switch loss {
    case .squared: return (p - y) * (p - y) / 2
    case .huber: return abs(p - y) > delta ? delta * abs(p - y) - delta * delta / 2 : (p - y) * (p - y) / 2
    case .quantile: return max(tau * (y - p), (tau - 1) * (y - p))
    case .epsilonInsensitive: return max(0, abs(p - y) - parameters.epsilon)
    case .poisson: return exp(p) - y * p
    case .logistic: return y * p < -40 ? -y * p : log(1 + exp(-y * p))
    case .hinge: return y * p > 1 ? 0 : 1 - y * p
    case .squaredHinge: return y * p > 1 ? 0 : (1 - y * p) * (1 - y * p)
    }
  }

  /// Zero at kinks.
  func derivative(_ p: Double, _ y: Double) -> Double {
    let sign: Double = p > y ? 1 : p < y ? -1 : 0
    switch loss {
    case .squared: return p - y
    case .huber: return sign * min(abs(p - y), parameters.delta)
    case .quantile: return sign == 0 ? 0 : (sign + 1) / 2 - parameters.quantile
    case .epsilonInsensitive: return abs(p - y) > parameters.epsilon ? sign : 0
    case .poisson: return exp(p) - y
    // The probability of the other class, with its sign.
    case .logistic: return y * p > 0 ? -y * exp(-y * p) / (1 + exp(-y * p)) : -y / (1 + exp(y * p))
    case .hinge: return y * p < 1 ? -y : 0
    case .squaredHinge: return y * p < 1 ? 2 * (p - y) : 0
    }
  }

  /// The push along the features for which the margin has moved for the time `amount` by dp/da = −q ℓ′(p).
  ///
  /// Found from the other side: how long the margin takes to any place is an integral in closed form (`flight`), so the
  /// place that it reaches in the given time is found by bisection.
  func invariantPush(_ margin: Double, _ target: Double, amount: Double, curvature: Double) -> Double {
    let slope = derivative(margin, target)
    if slope == 0 { return 0 }
    // The slope only ever falls on the way.
    let farthest = min(amount * curvature * abs(slope), distanceToRest(margin, target))
    var (low, high) = (0.0, farthest)
    let direction: Double = slope > 0 ? -1 : 1
    while high - low > 1e-15 * high {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { break }
      let time = flight(from: margin, to: margin + direction * middle, target) / curvature
      if time < amount { low = middle } else { high = middle }
    }
    return -direction * high / curvature
  }

  /// How far the margin is from where the loss is least.
  private func distanceToRest(_ p: Double, _ y: Double) -> Double {
    switch loss {
    case .squared, .huber, .quantile: abs(p - y)
    case .epsilonInsensitive: abs(p - y) - parameters.epsilon
    case .poisson: abs(p - log(y))
    case .logistic: .infinity
    case .hinge, .squaredHinge: 1 - y * p
    }
  }

  /// ∫ dp/|ℓ′(p)| from one margin to another between it and the least loss.
  private func flight(from p: Double, to z: Double, _ y: Double) -> Double {
    let (start, end) = (abs(p - y), abs(z - y))
    let delta = parameters.delta
    switch loss {
    case .squared: return log(start / end)
    case .huber:
      let straight = max(start - max(end, delta), 0) / delta
      return straight + (end < delta ? log(min(start, delta) / end) : 0)
    case .quantile, .epsilonInsensitive: return abs(p - z) / abs(derivative(p, y))
    case .poisson:
      // The antiderivative of 1/(y − e^p) is (p − ln|y − e^p|)/y, or −ln(1 − y e^−p)/y above the target.
      if y == 0 { return exp(-z) - exp(-p) }
      if exp(p) > y { return (log1p(-y * exp(-p)) - log1p(-y * exp(-z))) / y }
      return (z - p + log1p(-exp(p) / y) - log1p(-exp(z) / y)) / y
    case .logistic: return abs(z - p) + abs(exp(y * z) - exp(y * p))
    case .hinge: return abs(z - p)
    case .squaredHinge: return log((1 - y * p) / (1 - y * z)) / 2
    }
  }
}
