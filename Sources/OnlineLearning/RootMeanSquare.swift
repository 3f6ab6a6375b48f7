/// The root mean square of one feature over all samples, kept from one sample that has the feature to the next. 8 bytes.
///
/// Not the mean square, which would leave Float32's range.
struct RootMeanSquare: Sendable, Equatable {
  /// σ as of the last sample with the feature.
  var value: Float = 0
  /// How many samples there were then, modulo 2³²: what matters is how many there have been since.
  var samples: UInt32 = 0

  /// Takes in the feature's value in sample number `count`, counted from 1; the samples in between had 0.
  @inline(__always)
  mutating func add(_ x: Double, at count: UInt64) {
    let now = UInt32(truncatingIfNeeded: count)
    let total = Double(count)
    let before = Double(value) * Double(value) * ((total - Double(now &- samples)) / total)
    value = Float((before + x * x / total).squareRoot())
    samples = now
  }
}
