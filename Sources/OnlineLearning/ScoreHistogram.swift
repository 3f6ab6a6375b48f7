internal import Glibc

/// Margins of the two classes, counted in bins of 1/16 from −16 to 16 with open ends: what the area under the curve and
/// calibration are read from, in constant memory.
struct ScoreHistogram: Sendable, Equatable {
  fileprivate static let bins = 512
  fileprivate static let perUnit = 16.0

  /// Importance of each class by bin, and the sum of predicted probabilities.
  private(set) var positives = [Double](repeating: 0, count: bins)
  private(set) var negatives = [Double](repeating: 0, count: bins)
  private(set) var predictions = [Double](repeating: 0, count: bins)

  /// Whether margins can have led to this.
  var isPlausible: Bool {
    [positives, negatives, predictions].allSatisfy { counts in
      counts.count == ScoreHistogram.bins && counts.allSatisfy { $0 >= 0 && $0.isFinite }
    }
  }

  /// Where a sample counts.
  struct Score {
    fileprivate var bin = 0
    fileprivate var isPositive = false
    /// The predicted probability of class 1.
    fileprivate var probability = 0.0

    init() {}

    init(_ margin: Double, isPositive: Bool) {
      let middle = Double(ScoreHistogram.bins / 2)
      // Clamped as a number: a margin may be far larger than any index.
      bin = Int(max(0, min(margin * ScoreHistogram.perUnit + middle, Double(ScoreHistogram.bins - 1))))
      self.isPositive = isPositive
      probability = 1 / (1 + exp(-margin))
    }
  }

  /// - Complexity: O(1)
  mutating func add(_ score: Score, weight: Double) {
    if score.isPositive { positives[score.bin] += weight } else { negatives[score.bin] += weight }
    predictions[score.bin] += weight * score.probability
  }

  mutating func merge(_ other: ScoreHistogram) {
    for bin in positives.indices {
      positives[bin] += other.positives[bin]
      negatives[bin] += other.negatives[bin]
      predictions[bin] += other.predictions[bin]
    }
  }

  mutating func scale(by factor: Double) {
    for bin in positives.indices {
      positives[bin] *= factor
      negatives[bin] *= factor
      predictions[bin] *= factor
    }
  }

  /// The area under the curve, pairs within a bin counting half, and half of those pairs' share: its largest error.
  ///
  /// - Returns: nil where one class is missing.
  /// - Complexity: O(1)
  var areaUnderCurve: (area: Double, error: Double)? {
    var above = 0.0
    var shared = 0.0
    var negativesBelow = 0.0
    for bin in positives.indices {
      above += positives[bin] * negativesBelow
      shared += positives[bin] * negatives[bin]
      negativesBelow += negatives[bin]
    }
    let pairs = positives.reduce(0, +) * negativesBelow
    guard pairs > 0 else { return nil }
    return ((above + shared / 2) / pairs, shared / 2 / pairs)
  }

  /// The mean predicted probability, and the expected calibration error over ten ranges of it.
  ///
  /// - Complexity: O(1)
  var calibration: (meanPrediction: Double, error: Double)? {
    let weight = positives.reduce(0, +) + negatives.reduce(0, +)
    guard weight > 0 else { return nil }
    var distance = [Double](repeating: 0, count: 10)
    for bin in positives.indices {
      let members = positives[bin] + negatives[bin]
      guard members > 0 else { continue }
      let range = Int(min(9, predictions[bin] / members * 10))
      distance[range] += predictions[bin] - positives[bin]
    }
    return (predictions.reduce(0, +) / weight, distance.reduce(0) { $0 + abs($1) } / weight)
  }
}

/// The bins that hold anything, ascending, in three arrays that run in parallel: most are empty, and a checkpoint has many
/// histograms. Files of earlier versions have all bins.
extension ScoreHistogram: Codable {
  private enum CodingKeys: String, CodingKey {
    case bins, positives, negatives, predictions
  }

  private var arrays: [(CodingKeys, WritableKeyPath<ScoreHistogram, [Double]>)] {
    [(.positives, \.positives), (.negatives, \.negatives), (.predictions, \.predictions)]
  }

  func encode(to encoder: any Encoder) throws {
    let full = (0..<ScoreHistogram.bins).filter { positives[$0] != 0 || negatives[$0] != 0 || predictions[$0] != 0 }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(full, forKey: .bins)
    for (key, array) in arrays { try container.encode(full.map { self[keyPath: array][$0] }, forKey: key) }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let bins = try container.decodeIfPresent([Int].self, forKey: .bins) ?? Array(0..<ScoreHistogram.bins)
    guard bins.allSatisfy((0..<ScoreHistogram.bins).contains), zip(bins, bins.dropFirst()).allSatisfy(<) else {
      throw DecodingError.dataCorruptedError(
        forKey: .bins, in: container, debugDescription: "the bins are not \(ScoreHistogram.bins), in their order")
    }
    self.init()
    for (key, array) in arrays {
      let values = try container.decode([Double].self, forKey: key)
      guard values.count == bins.count else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "there are \(values.count) values for \(bins.count) bins")
      }
      for (bin, value) in zip(bins, values) { self[keyPath: array][bin] = value }
    }
  }
}
