/// The oracle's u of one feature under `penalize: scaled`: its root mean square over all samples.
struct FeatureSpread {
  private var sum = 0.0
  /// σ as of the last sample that had the feature; 0 before the first.
  private(set) var value = 0.0

  /// - Parameter samples: how many there are, this one too.
  mutating func note(_ x: Double, samples: Int) {
    sum += x * x
    value = (sum / Double(samples)).squareRoot()
  }
}
