/// The answer to `explain`: a sample's margin as a sum of contributions, one for each of its features that the model
/// knows, heaviest first. Lists run in parallel.
///
/// Intercept and contributions add up to the margin: to 10⁻¹² of the sum of their magnitudes, and to 10⁻⁶ where names share a
/// coefficient.
public struct Explanation: Codable, Sendable, Equatable {
  public var step: UInt64
  /// The predicted target; for logistic loss the probability of class 1.
  public var prediction: Double
  /// b + w·x.
  public var margin: Double
  public var intercept: Double
  /// As in the sample; `a^b*c^d` for the product of two features.
  public var names: [String]
  /// As in the sample.
  public var values: [Float]
  /// As `coefficients` tells them.
  public var coefficients: [Float]
  /// What each adds to the margin: coefficient times value. With the optimizer `normalized`, a value counts for no more than the
  /// largest one that its feature was learned with.
  public var contributions: [Double]
  /// Names of features that the model does not know; they count as zero.
  public var unknownFeatures: [String]
  /// With hashed features: names of this sample that share one coefficient, which is learned from all of them. Nil where there
  /// are none. Names of other samples may share coefficients, too.
  public var collisions: [[String]]?

  public init(
    step: UInt64, prediction: Double, margin: Double, intercept: Double, names: [String], values: [Float],
    coefficients: [Float], contributions: [Double], unknownFeatures: [String], collisions: [[String]]? = nil
  ) {
    self.step = step
    self.prediction = prediction
    self.margin = margin
    self.intercept = intercept
    self.names = names
    self.values = values
    self.coefficients = coefficients
    self.contributions = contributions
    self.unknownFeatures = unknownFeatures
    self.collisions = collisions
  }

  enum CodingKeys: String, CodingKey {
    case step, prediction, margin, intercept, names, values, coefficients, contributions, collisions
    case unknownFeatures = "unknown_features"
  }
}
