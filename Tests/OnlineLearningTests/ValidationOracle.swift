import Glibc
import OnlineLearning
import TestSupport

/// Metrics worked out from the list of all that was recorded, by their definitions.
struct ValidationOracle {
  struct Record {
    var margin: Double
    /// What the user sees as the prediction.
    var prediction: Double
    var target: Double
    var importance: Double
  }

  /// Every record with what it weighs.
  let records: [(record: Record, weight: Double)]
  let loss: LossOracle

  private func mean(_ value: (Record) -> Double) -> Double {
    records.reduce(0) { $0 + $1.weight * value($1.record) } / weight
  }

  var weight: Double { records.reduce(0) { $0 + $1.weight } }
  var meanLoss: Double { mean { loss.value($0.margin, $0.target) } }
  var rootMeanSquaredError: Double { mean { pow($0.prediction - $0.target, 2) }.squareRoot() }
  var meanAbsoluteError: Double { mean { abs($0.prediction - $0.target) } }
  var meanTarget: Double { mean(\.target) }
  var meanPrediction: Double { mean(\.prediction) }
  var variance: Double {
    let center = meanTarget
    return mean { pow($0.target - center, 2) }
  }
  var rSquared: Double { 1 - pow(rootMeanSquaredError, 2) / variance }
  var accuracy: Double { mean { ($0.margin > 0 ? 1 : -1) == $0.target ? 1 : 0 } }
  var baseRate: Double { mean { $0.target == 1 ? 1 : 0 } }

  /// The share of pairs of both classes in which class 1 scores higher, ties counting half.
  var areaUnderCurve: Double? {
    let positives = records.filter { $0.record.target == 1 }
    let negatives = records.filter { $0.record.target == -1 }
    var (won, pairs) = (0.0, 0.0)
    for one in positives {
      for other in negatives {
        pairs += one.weight * other.weight
        let (high, low) = (one.record.margin, other.record.margin)
        won += one.weight * other.weight * (high > low ? 1 : high == low ? 0.5 : 0)
      }
    }
    return pairs > 0 ? won / pairs : nil
  }

  /// The expected calibration error over ten equal ranges of the predicted probability.
  var calibrationError: Double {
    var distances = [Double](repeating: 0, count: 10)
    for (record, weight) in records {
      distances[min(9, Int(record.prediction * 10))] += weight * (record.prediction - (record.target == 1 ? 1 : 0))
    }
    return distances.reduce(0) { $0 + abs($1) } / weight
  }

  /// The share of weight in bins of margins of this width that a border of those ranges cuts.
  func shareBesideBorders(binWidth: Double) -> Double {
    let cut = Set((1...9).map { Int(floor(log(Double($0) / 10 / (1 - Double($0) / 10)) / binWidth)) })
    return mean { cut.contains(Int(floor(max(-1e3, min($0.margin, 1e3)) / binWidth))) ? 1 : 0 }
  }

  /// The least mean loss of a constant margin: all losses are convex in it, so a ternary search finds it.
  func bestConstantLoss(in range: ClosedRange<Double>) -> Double {
    func meanLoss(_ constant: Double) -> Double { mean { loss.value(constant, $0.target) } }
    var (low, high) = (range.lowerBound, range.upperBound)
    for _ in 0..<200 {
      let (one, other) = (low + (high - low) / 3, high - (high - low) / 3)
      if meanLoss(one) <= meanLoss(other) { high = other } else { low = one }
    }
    return min(meanLoss(low), meanLoss(high))
  }

  /// Where that constant can be.
  func constants(_ name: Loss) -> ClosedRange<Double> {
    if name.isClassification { return -40...40 }
    let targets = records.map(\.record.target)
    if name == .poisson { return -40...max(0, log(max(1, targets.max() ?? 1))) }
    return (targets.min() ?? 0)...(targets.max() ?? 0)
  }
}

extension ValidationOracle.Record {
  /// A prediction that has something to do with its target, on a scale of its own.
  init(_ loss: LossFunction, scale: Double, using random: inout SeededGenerator) {
    target = loss.loss.randomTarget(&random)
    importance = random.pick([1, 1, 1, random.uniform(0.1..<3), 20])
    switch loss.loss {
    case .poisson: margin = log(target + 0.5) + random.normal()
    case .logistic, .hinge, .squaredHinge: margin = 3 * random.normal() + target
    default:
      target = scale * (target + 2)
      margin = target + scale * random.normal()
    }
    prediction = margin
    if loss.loss == .logistic { prediction = 1 / (1 + exp(-margin)) }
    if loss.loss == .poisson { prediction = exp(margin) }
  }
}
