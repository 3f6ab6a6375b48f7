/// Coefficients as of one step, all shrinkage paid. `names` and `values` run in parallel.
///
/// Published are those that are not zero, in the order in which the features came.
public struct Coefficients: Codable, Sendable, Equatable {
  public var step: UInt64
  public var intercept: Double
  public var names: [String]
  public var values: [Float]
  /// How many features the model knows, zero or not.
  public var features: Int
  /// How many of them are not zero.
  public var activeSet: Int
  /// By which the rest is asked for; nil where there is none.
  public var cursor: String?

  public init(
    step: UInt64, intercept: Double, names: [String], values: [Float], features: Int, activeSet: Int
  ) {
    self.step = step
    self.intercept = intercept
    self.names = names
    self.values = values
    self.features = features
    self.activeSet = activeSet
  }

  enum CodingKeys: String, CodingKey {
    case step, intercept, names, values, features, cursor
    case activeSet = "active_set"
  }
}
