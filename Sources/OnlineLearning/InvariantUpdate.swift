internal import Glibc

/// Importance-invariant updates: learning a sample with importance weight h is learning it h times with infinitely
/// small steps, whatever the step size (Karampatziakis and Langford, Online Importance Weight Aware Updates, UAI 2011).
///
/// The push s moves the weights by w_i ← w_i − s r_i x_i, and with them the margin by −s q, where q = Σ r_i x_i². It
/// solves ds/da = ∂ℓ/∂p at p − s q, with s = 0 at a = 0, for a = step size times importance weight. All of the losses
/// have a closed form; logistic loss leaves one equation to Newton's method.
extension LossFunction {
  /// s, the push along the features.
  ///
  /// - Parameters:
  ///   - amount: a, step size times importance weight; at least 0.
  ///   - curvature: q, at least 0.
  /// - Complexity: O(1)
  public func invariantPush(_ margin: Double, _ target: Double, amount: Double, curvature: Double) -> Double {
    let slope = derivative(margin, target)
    // Below this the margin moves by less than Float64 tells apart: the push is the gradient's.
    if slope == 0 || amount * curvature < 1e-12 { return amount * slope }
    let error = margin - target
    switch loss {
    case .squared: return error * approach(amount * curvature) / curvature
    case .huber: return huberPush(error, amount, curvature)
    case .quantile, .epsilonInsensitive:
      // A constant slope until the error that costs nothing is reached.
      let free = loss == .quantile ? 0 : parameters.epsilon
      let push = min(amount * abs(slope), (abs(error) - free) / curvature)
      return error < 0 ? -push : push
    case .poisson: return poissonPush(margin, target, amount, curvature)
    case .logistic: return -target * logisticAdvance(margin * target, amount * curvature) / curvature
    case .hinge: return -target * min(amount, (1 - margin * target) / curvature)
    case .squaredHinge:
      return -target * (1 - margin * target) * approach(2 * amount * curvature) / curvature
    }
  }

  /// The share of the way to a fixed point that an exponential approach covers: 1 − e^(−a).
  private func approach(_ amount: Double) -> Double { -expm1(-amount) }

  /// At a constant slope until the error is δ, then as for the squared loss.
  private func huberPush(_ error: Double, _ amount: Double, _ curvature: Double) -> Double {
    let delta = parameters.delta
    let beyond = max(0, abs(error) - delta)
    let untilSquare = beyond / (delta * curvature)
    let size: Double
    if untilSquare >= amount {
      size = delta * amount
    } else {
      size = (beyond + min(abs(error), delta) * approach((amount - untilSquare) * curvature)) / curvature
    }
    return error < 0 ? -size : size
  }

  /// With E = e^(−q y a), the margin falls by log(E + e^p (1 − E)/y), which tends to log(1 + e^p q a) for y = 0.
  private func poissonPush(_ margin: Double, _ target: Double, _ amount: Double, _ curvature: Double) -> Double {
    let left = exp(-curvature * target * amount)
    let gained = target == 0 ? curvature * amount : approach(curvature * target * amount) / target
    // The exponential of a large margin would overflow, and is all of the sum then.
    let fall = margin > 500 ? margin + log(gained) : log(left + exp(margin) * gained)
    // Both terms can vanish, for a margin far below a target that is reached in full.
    return (fall == -.infinity ? margin - log(target) : fall) / curvature
  }

  /// By how much the agreement m = y p grows: the root d of d + e^m (e^d − 1) = q a.
  ///
  /// The left side is convex in d, so Newton's method falls to the root from any start above it; both the tangent at 0
  /// and the second term alone give such a start.
  private func logisticAdvance(_ agreement: Double, _ amount: Double) -> Double {
    let weight = exp(agreement)
    if weight == .infinity { return 0 }
    var advance = min(amount / (1 + weight), log1p(amount / weight))
    // Quadratic convergence from these starts takes at most seven rounds; the bound is for safety.
    for _ in 0..<50 {
      let growth = weight * exp(advance)
      let next = advance - (advance + weight * expm1(advance) - amount) / (1 + growth)
      if !(next < advance) { break }
      advance = next
    }
    return advance
  }
}
