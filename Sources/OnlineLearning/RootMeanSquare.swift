internal import Glibc

/// The root mean square of one feature over all samples, kept from one sample that has the feature to the next. 8 bytes.
///
/// After `horizon` samples earlier ones begin to fade, each new one having a share of 1/horizon: the mean goes on following
/// the feature, and a share stays far above what rounding to Float32 takes away.
struct RootMeanSquare: Sendable, Equatable {
  /// σ as of the last sample with the feature. Not its square, which would leave Float32's range.
  var value: Float = 0
  /// How many samples there were then, modulo 2³²: what matters is how many there have been since.
  var samples: UInt32 = 0

  static let horizon: UInt64 = 1 << 20

  /// Takes in the feature's value in sample number `count`, counted from 1; the samples in between had 0.
  @inline(__always)
  mutating func add(_ x: Double, at count: UInt64) {
    let now = UInt32(truncatingIfNeeded: count)
    let since = UInt64(now &- samples)
    let total = Double(min(count, RootMeanSquare.horizon))
    var kept = Double(value) * Double(value)
    if count <= RootMeanSquare.horizon {
      kept *= Double(count - min(since, count)) / total
    } else {
      // First as the mean grows, up to the horizon, then as it fades.
      let before = count - min(since, count)
      if before < RootMeanSquare.horizon { kept *= Double(before) / total }
      let fading = count - max(before, RootMeanSquare.horizon)
      kept *= fading == 1 ? 1 - 1 / total : exp(Double(fading) * log1p(-1 / total))
    }
    value = Float((kept + x * x / total).squareRoot())
    samples = now
  }
}
