internal import Glibc

/// The flow that shrinks one weight, for a gravity and a decay of its own:
///
///     dw/ds = −d w − g sgn(w)·[|w| ≤ θ],        zero absorbing
///
/// A flow: shrinking by s and then by r is shrinking by s + r. `UpdateRule.md` derives it.
struct ShrinkageFlow {
  /// g, at least 0.
  var gravity: Double
  /// d, at least 0.
  var decay: Double
  /// θ, above 0; infinite where no weight is spared.
  var threshold: Double

  /// Where a weight stands after `time`.
  ///
  /// Above θ it only decays, until θ is met after ln(a/θ)/d. From there with a = |w|, x = d s and φ(x) = (1 − e^(−x))/x it
  /// is a − s φ(x) (d a + g): a form that holds for d = 0, too, and loses nothing where x is small.
  ///
  /// - Parameter time: at least 0.
  /// - Complexity: O(1)
  @inline(__always)
  func shrink(_ weight: Double, over time: Double) -> Double {
    var size = abs(weight)
    var time = time
    if size > threshold {
      let (untilThreshold, decayed) = descend(size, time)
      if untilThreshold >= time { return Double(signOf: weight, magnitudeOf: decayed) }
      size = threshold
      time -= untilThreshold
    }
    let exponent = decay * time
    if exponent < ShrinkageFlow.small {
      size -= ShrinkageFlow.meanDecay(exponent) * time * (decay * size + gravity)
    } else {
      let left = exp(-exponent)
      size = size * left - gravity / decay * (1 - left)
    }
    return size > 0 ? Double(signOf: weight, magnitudeOf: size) : 0
  }

  /// ∫ w ds over `time`, along the same path.
  ///
  /// - Complexity: O(1)
  func integral(_ weight: Double, over time: Double) -> Double {
    var size = abs(weight)
    if size == 0 { return 0 }
    var time = time
    var area = 0.0
    if size > threshold {
      let untilThreshold = min(descend(size, time).untilThreshold, time)
      area = size * untilThreshold * ShrinkageFlow.meanDecay(decay * untilThreshold)
      size = threshold
      time -= untilThreshold
    }
    // Until zero is met.
    let ratio = decay * size / gravity
    let untilZero = gravity == 0 ? .infinity : ratio < 1e-9 ? size / gravity : log1p(ratio) / decay
    time = min(time, untilZero)
    let exponent = decay * time
    area += time * (size * ShrinkageFlow.meanDecay(exponent) - gravity * time * ShrinkageFlow.meanLoss(exponent))
    return weight < 0 ? -area : area
  }

  /// When a size above θ gets there, and how large it is after `time` if it does not.
  private func descend(_ size: Double, _ time: Double) -> (untilThreshold: Double, decayed: Double) {
    if decay == 0 { return (.infinity, size) }
    return (log(size / threshold) / decay, size * exp(-decay * time))
  }

  /// Below this the series are exact to Float64's rounding.
  private static let small = 1.0 / 32

  /// φ(x) = (1 − e^(−x))/x, the mean of e^(−s) for s from 0 to x.
  @inline(__always)
  private static func meanDecay(_ x: Double) -> Double {
    if x >= small { return (1 - exp(-x)) / x }
    return 1 - x * (1.0 / 2 - x * (1.0 / 6 - x * (1.0 / 24 - x * (1.0 / 120 - x * (1.0 / 720 - x / 5040)))))
  }

  /// (x − 1 + e^(−x))/x²: ∫ (1 − e^(−s)) ds from 0 to x, in units of x².
  private static func meanLoss(_ x: Double) -> Double {
    if x >= small { return (x + expm1(-x)) / (x * x) }
    return 1.0 / 2 - x * (1.0 / 6 - x * (1.0 / 24 - x * (1.0 / 120 - x * (1.0 / 720 - x * (1.0 / 5040 - x / 40320)))))
  }
}
