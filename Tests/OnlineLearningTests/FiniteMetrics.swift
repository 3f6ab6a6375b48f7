import OnlineLearning

extension ValidationMetrics {
  /// Whether every number that is there can be said in JSON.
  var isFinite: Bool {
    let always = [weight, loss, bestConstantLoss]
    let sometimes = [
      rootMeanSquaredError, meanAbsoluteError, rSquared, accuracy, areaUnderCurve, areaUnderCurveError, meanPrediction,
      baseRate, calibrationError,
    ]
    return always.allSatisfy(\.isFinite) && sometimes.allSatisfy { $0?.isFinite != false }
  }
}
