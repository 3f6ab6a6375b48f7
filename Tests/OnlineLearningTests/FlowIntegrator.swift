import Glibc

/// Solves ds/da = f(p − s q), s(0) = 0, numerically: what an importance-invariant push is, by definition.
///
/// The classical Runge-Kutta method with step doubling. The flow of a convex loss never passes the place where the slope
/// turns, so a step that would is cut, until what is left of it is nothing: that is how it comes to rest at a kink.
struct FlowIntegrator {
  let slope: (Double) -> Double
  let margin: Double
  let curvature: Double

  /// - Returns: nil where 10⁵ steps did not do.
  func push(amount: Double) -> Double? {
    if slope(margin) == 0 { return 0 }
    var (s, time, step) = (0.0, 0.0, amount)
    for _ in 0..<100_000 {
      step = min(step, amount - time)
      guard let once = advanced(s, step), let half = advanced(s, step / 2), let twice = advanced(half, step / 2) else {
        if step * abs(slope(margin - s * curvature)) < 1e-11 * abs(s) { return s }
        step /= 2
        continue
      }
      let error = abs(once - twice)
      let allowed = 1e-11 * abs(twice)
      let factor = error > 0 ? 0.9 * pow(allowed / error, 0.2) : 4
      if error <= allowed {
        s = twice + (twice - once) / 15
        time += step
        if time >= amount || step < 1e-15 * time { return s }
      }
      step *= max(0.1, min(factor, 4))
    }
    return nil
  }

  /// nil where the step, or a stage of it, goes too far.
  private func advanced(_ s: Double, _ step: Double) -> Double? {
    let k1 = slope(margin - s * curvature)
    let k2 = slope(margin - (s + step / 2 * k1) * curvature)
    let k3 = slope(margin - (s + step / 2 * k2) * curvature)
    let k4 = slope(margin - (s + step * k3) * curvature)
    let next = s + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    let isThisSide = [k2, k3, k4, slope(margin - next * curvature)].allSatisfy { $0 * k1 > 0 }
    return isThisSide ? next : nil
  }
}
