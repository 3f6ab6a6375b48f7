internal import Glibc

/// The sums that metrics over one stretch of the stream are read from.
struct ValidationTally: Sendable, Equatable, Codable {
  private(set) var weight = 0.0
  private var loss = 0.0
  private var squaredError = 0.0
  private var absoluteError = 0.0
  /// Of the targets, or the share of class 1.
  private var mean = 0.0
  /// Σ of squared deviations of the targets from their mean; the difference of two sums would cancel where targets are far
  /// from zero (West 1979).
  private var squaredDeviation = 0.0
  private var correct = 0.0
  /// Only for losses that need them.
  private var scores: ScoreHistogram?
  private var targets: TargetHistogram?

  enum CodingKeys: String, CodingKey {
    case weight, loss, mean, correct, scores, targets
    case squaredError = "squared_error"
    case absoluteError = "absolute_error"
    case squaredDeviation = "squared_deviation"
  }

  init(_ loss: Loss) {
    switch loss {
    case .logistic, .hinge, .squaredHinge: scores = ScoreHistogram()
    case .huber, .quantile, .epsilonInsensitive: targets = TargetHistogram()
    case .squared, .poisson: break
    }
  }

  /// Whether predictions can have led to this.
  func isPlausible(for loss: Loss) -> Bool {
    let sums = [self.loss, squaredError, absoluteError, mean, squaredDeviation, correct]
    let fresh = ValidationTally(loss)
    return weight >= 0 && weight.isFinite && sums.allSatisfy(\.isFinite) && squaredDeviation >= 0 && squaredError >= 0
      && (scores == nil) == (fresh.scores == nil) && (targets == nil) == (fresh.targets == nil)
      && scores?.isPlausible != false && targets?.isPlausible != false
  }

  /// How a prediction turned out: what every tally adds up.
  struct Outcome {
    fileprivate let isClassification: Bool
    /// The target, or 1 for class 1 and 0 for the other.
    fileprivate let observed: Double
    let loss: Double
    /// Of regression.
    fileprivate let error: Double
    /// Of classification.
    fileprivate let isCorrect: Bool
    fileprivate let score: ScoreHistogram.Score

    @inline(__always)
    init(_ margin: Double, _ target: Double, _ function: LossFunction) {
      isClassification = function.loss.isClassification
      loss = function.value(margin, target)
      observed = isClassification ? (target > 0 ? 1 : 0) : target
      error = isClassification ? 0 : function.loss.prediction(margin) - target
      isCorrect = isClassification && (margin > 0) == (target > 0)
      score = isClassification ? ScoreHistogram.Score(margin, isPositive: target > 0) : ScoreHistogram.Score()
    }
  }

  /// - Parameter weight: the importance weight, times whatever makes later samples count more.
  /// - Complexity: O(1)
  mutating func add(_ outcome: Outcome, weight added: Double) {
    take(outcome.observed, 0, weight: added)
    loss += added * outcome.loss
    if outcome.isClassification {
      if outcome.isCorrect { correct += added }
      scores?.add(outcome.score, weight: added)
    } else {
      squaredError += added * outcome.error * outcome.error
      absoluteError += added * abs(outcome.error)
      targets?.add(outcome.observed, weight: added)
    }
  }

  /// Takes in a stretch of so much weight with this mean and these squared deviations from it.
  private mutating func take(_ mean: Double, _ squaredDeviation: Double, weight added: Double) {
    guard added > 0 else { return }
    weight += added
    let share = added / weight
    let step = mean - self.mean
    self.squaredDeviation += squaredDeviation + (weight - added) * share * step * step
    self.mean += step * share
  }

  mutating func merge(_ other: ValidationTally) {
    take(other.mean, other.squaredDeviation, weight: other.weight)
    loss += other.loss
    squaredError += other.squaredError
    absoluteError += other.absoluteError
    correct += other.correct
    if let more = other.scores { scores?.merge(more) }
    if let more = other.targets { targets?.merge(more) }
  }

  mutating func scale(by factor: Double) {
    weight *= factor
    loss *= factor
    squaredError *= factor
    absoluteError *= factor
    squaredDeviation *= factor
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
      metrics.baseRate = mean
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
      // Targets that do not vary have no variance to explain.
      if variance > 0, unexplained.isFinite { metrics.rSquared = 1 - unexplained }
    }
    return metrics
  }

  private var variance: Double { squaredDeviation / weight }

  /// min over c of the mean of ℓ(c, y): from the mean and variance of the targets, or the share of class 1, where the
  /// minimum has a closed form.
  private func bestConstantLoss(_ function: LossFunction) -> Double {
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
