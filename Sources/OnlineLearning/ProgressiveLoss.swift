internal import Glibc

/// The mean loss of predictions made before their samples were learned, weighted by importance: over everything,
/// and over the recent past with exponentially fading memory.
public struct ProgressiveLoss: Sendable, Equatable, Codable {
  private var sum = 0.0
  private var weight = 0.0
  private var recentSum = 0.0
  private var recentWeight = 0.0

  enum CodingKeys: String, CodingKey {
    case sum, weight
    case recentSum = "recent_sum"
    case recentWeight = "recent_weight"
  }

  public init() {}

  /// - Parameters:
  ///   - retention: by how much older losses fade with this one, 2^(−1/half-life).
  /// - Complexity: O(1)
  public mutating func record(_ loss: Double, importance: Double, retention: Double) {
    sum += importance * loss
    weight += importance
    recentSum = retention * recentSum + importance * loss
    recentWeight = retention * recentWeight + importance
  }

  /// The factor that halves a loss's say after `halfLife` samples.
  public static func retention(halfLife: Double) -> Double { exp2(-1 / halfLife) }

  /// The mean since the model began; nil before the first sample.
  public var overall: Double? { weight > 0 ? sum / weight : nil }
  /// The mean over about the last half-life; nil before the first sample.
  public var recent: Double? { recentWeight > 0 ? recentSum / recentWeight : nil }
}
