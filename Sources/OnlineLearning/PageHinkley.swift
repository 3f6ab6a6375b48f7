/// The test of Page and Hinkley: tells when the mean of a stream of numbers has risen. Constant memory.
///
///     s ← α s + (x − mean of all so far) − δ;   risen when s − min s > λ
///
/// Sources: Page 1954 (Continuous inspection schemes, Biometrika 41); Mouss, Mouss, Mouss and Sefouhi 2004 (Test of
/// Page–Hinkley, an approach for fault detection in an agro-alimentary production process), and the forgetting factor α as
/// in River.
public struct PageHinkley: Sendable {
  public struct Parameters: Sendable, Equatable {
    /// δ: how much larger than the mean numbers may be without counting; at least 0.
    public var delta: Double
    /// λ: above 0. The larger, the fewer false alarms, and the later the true ones.
    public var threshold: Double
    /// α: in (0, 1]. What the sum keeps of itself.
    public var forgetting: Double
    /// No alarm before so many numbers.
    public var least: Int

    public init(delta: Double = 0.005, threshold: Double = 50, forgetting: Double = 0.9999, least: Int = 30) {
      self.delta = delta
      self.threshold = threshold
      self.forgetting = forgetting
      self.least = least
    }
  }

  /// A rise of the mean: the numbers up to where the sum was least, and those since.
  public struct Rise: Sendable, Equatable {
    public var meanBefore: Double
    public var meanAfter: Double
    /// How many numbers ago it began.
    public var age: Int
  }

  /// What holds for the next number.
  public var parameters: Parameters
  private var count = 0
  private var mean = 0.0
  private var sum = 0.0
  private var least = Double.infinity
  /// As of the least sum.
  private var leastCount = 0
  private var leastMean = 0.0

  public init(_ parameters: Parameters = Parameters()) {
    self.parameters = parameters
  }

  /// How many numbers ago the sum was least.
  public var age: Int { count - leastCount }

  /// Takes in a number; one that is not finite is passed over.
  ///
  /// - Returns: the rise that is found by it. The test has to begin anew then: it would find it again.
  /// - Complexity: O(1)
  public mutating func add(_ number: Double) -> Rise? {
    guard number.isFinite else { return nil }
    count += 1
    mean += (number - mean) / Double(count)
    sum = parameters.forgetting * sum + (number - mean) - parameters.delta
    if sum < least { (least, leastCount, leastMean) = (sum, count, mean) }
    guard count >= parameters.least, sum - least > parameters.threshold else { return nil }
    let total = mean * Double(count) - leastMean * Double(leastCount)
    return Rise(meanBefore: leastMean, meanAfter: total / Double(max(age, 1)), age: age)
  }
}
