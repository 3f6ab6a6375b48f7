/// The numbers that some losses take.
public struct LossParameters: Sendable, Equatable, Codable {
  /// τ of `quantile`: the quantile to predict, in (0, 1).
  public var quantile: Double
  /// δ of `huber`, above 0: where the square turns into a line.
  public var delta: Double
  /// ε of `epsilon_insensitive`, at least 0: errors up to it cost nothing.
  public var epsilon: Double

  public init(quantile: Double = 0.5, delta: Double = 1, epsilon: Double = 0.1) {
    self.quantile = quantile
    self.delta = delta
    self.epsilon = epsilon
  }
}
