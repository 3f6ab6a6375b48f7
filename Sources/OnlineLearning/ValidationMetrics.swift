/// How well a model predicted a stretch of its stream, each sample before it was learned. Means are weighted by
/// importance. What does not apply to the loss is nil.
public struct ValidationMetrics: Sendable, Equatable {
  /// The sum of importance weights that the means are over.
  public var weight: Double
  /// Mean loss.
  public var loss: Double
  /// The mean loss of the best constant margin, chosen in hindsight: a model that is not below it has learned nothing.
  /// Exact for squared, Poisson and the classification losses; for the others from targets rounded by at most 1 part in
  /// 64.
  public var bestConstantLoss: Double

  /// Regression: √ of the mean squared error of the prediction.
  public var rootMeanSquaredError: Double?
  /// Regression: mean |error| of the prediction.
  public var meanAbsoluteError: Double?
  /// Regression: 1 − (sum of squared errors) / (sum of squares around the mean target). nil where targets never vary.
  public var rSquared: Double?

  /// Classification: the share of samples on the right side of margin 0.
  public var accuracy: Double?
  /// Classification: the probability that a sample of class 1 scores above one of the other; nil with one class only.
  public var areaUnderCurve: Double?
  /// How far `areaUnderCurve` is at most from the exact one: half of the pairs whose margins share a bin.
  public var areaUnderCurveError: Double?
  /// Logistic: the mean predicted probability of class 1.
  public var meanPrediction: Double?
  /// Classification: the share of class 1.
  public var baseRate: Double?
  /// Logistic: the expected calibration error, the mean distance of predicted probability and share of class 1 over ten
  /// equal ranges of the predicted probability (Naeini et al., AAAI 2015).
  public var calibrationError: Double?
}
