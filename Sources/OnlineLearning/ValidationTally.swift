internal import Glibc

/// The sums that metrics over one stretch of the stream are read from.
struct ValidationTally: Sendable, Equatable, Codable {
  private(set) var weight = 0.0
  private var loss = 0.0
  private var squaredError = 0.0
  private var absoluteError = 0.0
  private var target = 0.0
  private var squaredTarget = 0.0
  private var correct = 0.0
  /// Only for losses that need them.
  private var scores: ScoreHistogram?
  private var targets: TargetHistogram?

  enum CodingKeys: String, CodingKey {
    case weight, loss, target, correct, scores, targets
    case squaredError = "squared_error"
    case absoluteError = "absolute_error"
    case squaredTarget = "squared_target"
  }

  init(_ loss: Loss) {
    switch loss {
    case .logistic, .hinge, .squaredHinge: scores = ScoreHistogram()
    case .huber, .quantile, .epsilonInsensitive: targets = TargetHistogram()
    case .squared, .poisson: break
    }
  }

  /// - Parameter weight: the importance weight, times whatever makes later samples count more.
  /// - Complexity: O(1)
  mutating func add(_ margin: Double, _ observed: Double, weight added: Double, _ function: LossFunction) {
    weight += added
    loss += added * function.value(margin, observed)
    if function.loss.isClassification {
      if observed > 0 { target += added }
      if (margin > 0) == (observed > 0) { correct += added }
      scores?.add(margin: margin, isPositive: observed > 0, weight: added)
    } else {
      let error = function.loss.prediction(margin) - observed
      squaredError += added * error * error
      absoluteError += added * abs(error)
      target += added * observed
      squaredTarget += added * observed * observed
      targets?.add(observed, weight: added)
    }
  }

  mutating func merge(_ other: ValidationTally) {
    weight += other.weight
    loss += other.loss
    squaredError += other.squaredError
    absoluteError += other.absoluteError
    target += other.target
    squaredTarget += other.squaredTarget
    correct += other.correct
    if let more = other.scores { scores?.merge(more) }
    if let more = other.targets { targets?.merge(more) }
  }

  mutating func scale(by factor: Double) {
    weight *= factor
    loss *= factor
    squaredError *= factor
    absoluteError *= factor
    target *= factor
    squaredTarget *= factor
    correct *= factor
    scores?.scale(by: factor)
    targets?.scale(by: factor)
  }

  /// - Parameter scale: what a weight of 1 counts as in the sums.
  /// - Returns: nil before the first sample.
  func metrics(_ function: LossFunction, scale: Double = 1) -> ValidationMetrics? {
    guard weight > 0 else { return nil }
    var metrics = ValidationMetrics(
      weight: weight / scale, loss: loss / weight, bestConstantLoss: bestConstantLoss(function))
    if function.loss.isClassification {
      metrics.accuracy = correct / weight
      metrics.baseRate = target / weight
      if let (area, error) = scores?.areaUnderCurve {
        metrics.areaUnderCurve = area
        metrics.areaUnderCurveError = error
      }
      if function.loss == .logistic, let (mean, error) = scores?.calibration {
        metrics.meanPrediction = mean
        metrics.calibrationError = error
      }
    } else {
      metrics.rootMeanSquaredError = (squaredError / weight).squareRoot()
      metrics.meanAbsoluteError = absoluteError / weight
      let unexplained = squaredError / weight / variance
      // Targets that hardly vary, or not at all, have no meaningful share of variance.
      if unexplained.isFinite { metrics.rSquared = 1 - unexplained }
    }
    return metrics
  }

  private var variance: Double {
    let mean = target / weight
    return max(0, squaredTarget / weight - mean * mean)
  }

  /// min over c of the mean of ℓ(c, y): from the mean and variance of the targets, or the share of class 1, where the
  /// minimum has a closed form.
  private func bestConstantLoss(_ function: LossFunction) -> Double {
    let mean = target / weight
    switch function.loss {
    case .squared: return variance / 2
    case .poisson: return mean > 0 ? mean - mean * log(mean) : 0
    case .logistic: return entropy(mean) + entropy(1 - mean)
    case .hinge: return 2 * min(mean, 1 - mean)
    case .squaredHinge: return 4 * mean * (1 - mean)
    case .huber, .quantile, .epsilonInsensitive: return targets?.leastLoss(function) ?? 0
    }
  }

  private func entropy(_ share: Double) -> Double { share > 0 ? -share * log(share) : 0 }
}
