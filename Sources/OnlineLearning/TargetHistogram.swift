/// Targets rounded to Float32 with five bits after the leading one, and how much weight each has: at most 2¹⁴ bins. What
/// the best constant prediction is found with, for losses that no sums suffice for.
struct TargetHistogram: Sendable, Equatable {
  private struct Bin: Sendable, Equatable {
    var weight = 0.0
    var sum = 0.0
  }

  private var bins: [UInt32: Bin] = [:]

  /// Whether targets can have led to this.
  var isPlausible: Bool { bins.values.allSatisfy { $0.weight >= 0 && $0.weight.isFinite && $0.sum.isFinite } }

  /// - Complexity: O(1) on average
  mutating func add(_ target: Double, weight: Double) {
    // Sign, exponent and five bits of the fraction.
    let key = Float(target).bitPattern >> 18
    bins[key, default: Bin()].weight += weight
    bins[key, default: Bin()].sum += weight * target
  }

  mutating func merge(_ other: TargetHistogram) {
    for (key, bin) in other.bins {
      bins[key, default: Bin()].weight += bin.weight
      bins[key, default: Bin()].sum += bin.sum
    }
  }

  mutating func scale(by factor: Double) {
    for key in bins.keys {
      bins[key]?.weight *= factor
      bins[key]?.sum *= factor
    }
  }

  /// The least mean loss that any constant margin has.
  ///
  /// The losses are convex in the margin, so bisection by the slope finds the two bins that the best margin is between, and
  /// then the margin.
  ///
  /// - Complexity: O(b log b) for b occupied bins.
  func leastLoss(_ loss: LossFunction) -> Double {
    let known = bins.values.filter { $0.weight > 0 }
      .map { (target: $0.sum / $0.weight, weight: $0.weight) }
      .sorted { $0.target < $1.target }
    let total = known.reduce(0) { $0 + $1.weight }
    guard let first = known.first, let last = known.last else { return 0 }
    func value(_ margin: Double) -> Double {
      known.reduce(0) { $0 + $1.weight * loss.value(margin, $1.target) } / total
    }
    func rises(_ margin: Double) -> Bool {
      known.reduce(0) { $0 + $1.weight * loss.derivative(margin, $1.target) } > 0
    }
    var (low, high) = (0, known.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if rises(known[middle].target) { high = middle } else { low = middle }
    }
    var (below, above) = known.count > 1 ? (known[low].target, known[high].target) : (first.target, last.target)
    // To 2⁻⁵⁰ of the gap between them.
    for _ in 0..<50 {
      let middle = below + (above - below) / 2
      if rises(middle) { above = middle } else { below = middle }
    }
    return min(value(below), value(above))
  }
}

/// Three arrays in the order of the bins: a dictionary's own order would make equal models different files.
extension TargetHistogram: Codable {
  private enum CodingKeys: String, CodingKey {
    case bins, weights, sums
  }

  func encode(to encoder: any Encoder) throws {
    let sorted = bins.sorted { $0.key < $1.key }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sorted.map(\.key), forKey: .bins)
    try container.encode(sorted.map(\.value.weight), forKey: .weights)
    try container.encode(sorted.map(\.value.sum), forKey: .sums)
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let keys = try container.decode([UInt32].self, forKey: .bins)
    let weights = try container.decode([Double].self, forKey: .weights)
    let sums = try container.decode([Double].self, forKey: .sums)
    guard keys.count == weights.count, keys.count == sums.count, Set(keys).count == keys.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .bins, in: container, debugDescription: "the bins' keys, weights and sums do not belong together")
    }
    for (key, (weight, sum)) in zip(keys, zip(weights, sums)) { bins[key] = Bin(weight: weight, sum: sum) }
  }
}
