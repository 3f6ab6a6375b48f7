import Glibc
import OnlineLearning

/// What shrinks one weight of the oracle: dw/ds = −d w − g sgn(w)·[|w| ≤ θ], zero absorbing.
struct EagerFlow {
  /// g
  var gravity: Double
  /// d
  var decay: Double
  /// θ
  var threshold = Double.infinity

  /// - Parameters:
  ///   - rate: r, the coordinate's rate.
  ///   - factor: f, its share of the penalty.
  ///   - unit: u, what a weight is measured in.
  init(_ penalty: Penalty, rate: Double = 1, factor: Double = 1, unit: Double = 1) {
    gravity = rate * factor * unit * penalty.l1
    decay = rate * factor * unit * unit * penalty.l2
    if let threshold = penalty.threshold { self.threshold = threshold / unit }
  }

  /// Solved for a = |w|. With c = g/d, a + c decays like e^(−d s) as long as gravity acts; above θ a alone does.
  func weight(_ start: Double, after time: Double) -> Double {
    let sign: Double = start < 0 ? -1 : 1
    var a = abs(start)
    var s = time
    if a > threshold {
      if a * exp(-decay * s) > threshold { return sign * a * exp(-decay * s) }
      s -= (log(a) - log(threshold)) / decay
      a = threshold
    }
    a = decay > 0 ? (a + gravity / decay) * exp(-decay * s) - gravity / decay : a - gravity * s
    return sign * max(a, 0)
  }

  /// ∫ w ds along the way, by quadrature between the places where the path bends.
  func integral(_ start: Double, over time: Double) -> Double {
    if start == 0 { return 0 }
    var size = abs(start)
    var untilThreshold = 0.0
    if size > threshold {
      untilThreshold = decay > 0 ? log(size / threshold) / decay : .infinity
      size = threshold
    }
    let falling = gravity == 0 ? .infinity : decay > 0 ? log1p(size * decay / gravity) / decay : size / gravity
    let bends = [0, min(untilThreshold, time), min(untilThreshold + falling, time)]
    return zip(bends, bends.dropFirst()).reduce(0) { $0 + quadrature(start, from: $1.0, to: $1.1) }
  }

  /// Gauss and Legendre's three points, on pieces short enough to be almost polynomials.
  private func quadrature(_ start: Double, from begin: Double, to end: Double) -> Double {
    if end == begin { return 0 }
    let pieces = (1 + 20 * decay * (end - begin)).rounded(.down)
    let half = (end - begin) / pieces / 2
    var sum = 0.0
    for piece in 0..<Int(pieces) {
      let center = begin + (2 * Double(piece) + 1) * half
      let place = 0.6.squareRoot() * half
      sum += half * 8 / 9 * weight(start, after: center)
      sum += half * 5 / 9 * (weight(start, after: center - place) + weight(start, after: center + place))
    }
    return sum
  }
}
