internal import Glibc

/// A loss with its parameters: value and derivative as functions of the margin p = w·x + b and a target y that the loss
/// has normalized.
///
/// Sources: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 10.6; Huber 1964; Koenker and Bassett
/// 1978 (quantile); Vapnik 1995 (ε-insensitive); McCullagh and Nelder 1989, chapter 6 (Poisson).
public struct LossFunction: Sendable, Equatable {
  public let loss: Loss
  public let parameters: LossParameters

  public init(_ loss: Loss, _ parameters: LossParameters = LossParameters()) {
    self.loss = loss
    self.parameters = parameters
  }

  /// No value or derivative is larger: losses that grow exponentially would leave Float64's range otherwise.
  @inline(__always)
  static var limit: Double { Double(Float.greatestFiniteMagnitude) }

  /// ℓ(p, y), with e = p − y:
  ///
  ///     squared              ½ e²
  ///     huber                ½ e² for |e| ≤ δ, δ(|e| − ½δ) beyond
  ///     quantile             τ(y − p) for p < y, (1 − τ)(p − y) beyond
  ///     epsilon_insensitive  max(0, |e| − ε)
  ///     poisson              exp(p) − y p
  ///     logistic             log(1 + exp(−y p))
  ///     hinge                max(0, 1 − y p)
  ///     squared_hinge        max(0, 1 − y p)²
  ///
  /// - Complexity: O(1)
  public func value(_ margin: Double, _ target: Double) -> Double {
    let error = margin - target
    switch loss {
    case .squared: return 0.5 * error * error
    case .huber:
      let size = abs(error)
      let delta = parameters.delta
      return size <= delta ? 0.5 * size * size : delta * (size - 0.5 * delta)
    case .quantile: return error < 0 ? -parameters.quantile * error : (1 - parameters.quantile) * error
    case .epsilonInsensitive: return max(0, abs(error) - parameters.epsilon)
    case .poisson: return min(exp(margin), LossFunction.limit) - target * margin
    case .logistic:
      let agreement = margin * target
      // The form whose exponential cannot overflow.
      return agreement > 0 ? log1p(exp(-agreement)) : log1p(exp(agreement)) - agreement
    case .hinge: return max(0, 1 - margin * target)
    case .squaredHinge:
      let lacking = max(0, 1 - margin * target)
      return lacking * lacking
    }
  }

  /// How far a loss is above the least one that any margin has for the target. Only that of Poisson is not 0.
  @inline(__always)
  func excess(_ value: Double, _ target: Double) -> Double {
    if loss != .poisson { return value }
    return value - (target > 0 ? target - target * log(target) : 0)
  }

  /// ∂ℓ/∂p; at a kink, 0.
  ///
  /// - Complexity: O(1)
  public func derivative(_ margin: Double, _ target: Double) -> Double {
    let error = margin - target
    switch loss {
    case .squared: return error
    case .huber: return max(-parameters.delta, min(error, parameters.delta))
    case .quantile: return error < 0 ? -parameters.quantile : error > 0 ? 1 - parameters.quantile : 0
    case .epsilonInsensitive: return abs(error) <= parameters.epsilon ? 0 : error < 0 ? -1 : 1
    case .poisson: return max(-LossFunction.limit, min(exp(margin) - target, LossFunction.limit))
    case .logistic: return -target / (1 + exp(margin * target))
    case .hinge: return margin * target < 1 ? -target : 0
    case .squaredHinge: return -2 * target * max(0, 1 - margin * target)
    }
  }

  /// ∂ℓ/∂p, cut at the largest finite Float32 either way.
  ///
  /// - Parameter cuts: counts it where it was.
  /// - Complexity: O(1)
  @inline(__always)
  func cutDerivative(_ margin: Double, _ target: Double, _ cuts: inout UInt64) -> Double {
    let slope = loss == .poisson ? exp(margin) - target : derivative(margin, target)
    if abs(slope) <= LossFunction.limit { return slope }
    cuts += 1
    return slope < 0 ? -LossFunction.limit : LossFunction.limit
  }
}
