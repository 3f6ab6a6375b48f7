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
    if slope == 0 { return 0 }
    let error = margin - target
    // Where the slope hardly changes on the way, the push is the gradient's. Not a number: no curvature, and e^p too large.
    let bend = loss == .poisson ? max(exp(margin), target) : 1
    let isStraight = !(amount * curvature * bend >= 1e-12)
    switch loss {
    case .quantile, .epsilonInsensitive:
      // A constant slope until the error that costs nothing is reached.
      let free = loss == .quantile ? 0 : parameters.epsilon
      let push = min(amount * abs(slope), (abs(error) - free) / curvature)
      return error < 0 ? -push : push
    case .hinge: return -target * min(amount, (1 - margin * target) / curvature)
    case _ where isStraight: return amount * slope
    case .squared: return error * approach(amount * curvature) / curvature
    case .huber: return huberPush(error, amount, curvature)
    case .poisson: return poissonPush(margin, target, amount, curvature)
    case .logistic: return -target * logisticAdvance(margin * target, amount * curvature) / curvature
    case .squaredHinge:
      return -target * (1 - margin * target) * approach(2 * amount * curvature) / curvature
    }
  }

  /// s where a step size or a rate may be anything finite: both are cut far beyond any use, so that their product is finite.
  func boundedPush(_ margin: Double, _ target: Double, amount: Double, curvature: Double) -> Double {
    invariantPush(margin, target, amount: min(amount, 1e150), curvature: min(curvature, 1e150))
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

  /// With E = e^(−q y a) and g = (1 − E)/y, which tends to q a for y = 0, the margin falls by log(E + e^p g), or
  /// log(1 + g (e^p − y)).
  private func poissonPush(_ margin: Double, _ target: Double, _ amount: Double, _ curvature: Double) -> Double {
    let time = curvature * amount
    let decay = time * target
    let gained = decay > 0 ? approach(decay) / decay * time : time
    let change = gained * (exp(margin) - target)
    if abs(change) < 0.5 { return log1p(change) / curvature }
    // As a sum of two exponentials, of which either may leave Float64's range.
    let (one, other) = (-decay, margin + log(gained))
    return (max(one, other) + log1p(exp(-abs(one - other)))) / curvature
  }

  /// By how much the agreement m = y p grows: the root d of d + e^m (e^d − 1) = q a.
  ///
  /// The left side is convex in d, so Newton's method falls to the root from any start above it; both the tangent at 0
  /// and the second term alone give such a start.
  private func logisticAdvance(_ agreement: Double, _ amount: Double) -> Double {
    let weight = exp(agreement)
    if weight == .infinity { return 0 }
    // log(1 + q a e^(−m)), whose exponential may leave Float64's range.
    let ratio = log(amount) - agreement
    var advance = min(amount / (1 + weight), ratio > 40 ? ratio : log1p(exp(ratio)))
    // Quadratic convergence from these starts takes at most seven rounds; the bound is for safety.
    for _ in 0..<50 {
      let grown = advance < 1 ? weight * expm1(advance) : exp(agreement + advance) - weight
      let next = advance - (advance + grown - amount) / (1 + weight + grown)
      if !(next < advance) { break }
      advance = next
    }
    return advance
  }
}
