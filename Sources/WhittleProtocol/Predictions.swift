/// The answer to `predict` of several samples: one element of each list a sample, in their order, all as of one step.
public struct Predictions: Codable, Sendable, Equatable {
  public var step: UInt64
  /// The predicted targets; for logistic loss the probabilities of class 1.
  public var predictions: [Double]
  /// b + w·x.
  public var margins: [Double]
  /// How many of each sample's features the model does not know; they count as zero.
  public var unknownFeatures: [Int]

  public init(step: UInt64, predictions: [Double], margins: [Double], unknownFeatures: [Int]) {
    self.step = step
    self.predictions = predictions
    self.margins = margins
    self.unknownFeatures = unknownFeatures
  }

  enum CodingKeys: String, CodingKey {
    case step, predictions, margins
    case unknownFeatures = "unknown_features"
  }
}
