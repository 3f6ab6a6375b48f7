/// How well the model predicted samples before it learned them; each stretch is nil before the first sample.
public struct Validation: Codable, Sendable, Equatable {
  /// Over everything.
  public var overall: Metrics?
  /// Over the recent past, with a memory that fades by half every `validation.half_life` samples.
  public var recent: Metrics?
  /// Over the last `validation.window` samples, or down to 7/8 of them.
  public var window: Metrics?

  public init(overall: Metrics?, recent: Metrics?, window: Metrics?) {
    self.overall = overall
    self.recent = recent
    self.window = window
  }

  /// Means weighted by importance. What does not apply to the loss, or cannot be told yet, is nil.
  public struct Metrics: Codable, Sendable, Equatable {
    public var loss: Double
    /// The loss of the best constant prediction, chosen in hindsight: not below it, nothing is learned.
    public var bestConstantLoss: Double
    /// Regression: root mean squared error, mean absolute error, and coefficient of determination.
    public var rmse: Double?
    public var mae: Double?
    public var r2: Double?
    /// Classification: share of right classes; area under the ROC curve, and how far it is from the exact one at most.
    public var accuracy: Double?
    public var auc: Double?
    public var aucError: Double?
    /// Classification: the share of class 1. Logistic: mean predicted probability, and expected calibration error.
    public var baseRate: Double?
    public var meanPrediction: Double?
    public var calibrationError: Double?

    public init(loss: Double, bestConstantLoss: Double) {
      self.loss = loss
      self.bestConstantLoss = bestConstantLoss
    }

    enum CodingKeys: String, CodingKey {
      case loss, rmse, mae, r2, accuracy, auc
      case bestConstantLoss = "best_constant_loss"
      case aucError = "auc_error"
      case baseRate = "base_rate"
      case meanPrediction = "mean_prediction"
      case calibrationError = "calibration_error"
    }
  }
}
