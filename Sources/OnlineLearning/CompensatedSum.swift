/// A sum of Float64s with compensation (Neumaier 1974): after 10¹⁰ terms it is the exact sum rounded once or twice, where
/// a plain one is off by what 10¹⁰ roundings add up to.
public struct CompensatedSum: Sendable, Equatable, Codable {
  private(set) var sum: Double
  private(set) var compensation: Double

  public init(_ value: Double = 0) {
    self.init(sum: value, compensation: 0)
  }

  /// A sum that was kept in its two parts.
  init(sum: Double, compensation: Double) {
    self.sum = sum
    self.compensation = compensation
  }

  /// The sum, rounded to Float64.
  public var value: Double { sum + compensation }

  /// Whether it is a sum of finite terms.
  public var isFinite: Bool { sum.isFinite && compensation.isFinite }

  /// - Parameter term: at least 0, as the sum so far.
  /// - Complexity: O(1)
  @inline(__always)
  public mutating func add(_ term: Double) {
    let next = sum + term
    compensation += sum >= term ? (sum - next) + term : (term - next) + sum
    sum = next
  }
}
