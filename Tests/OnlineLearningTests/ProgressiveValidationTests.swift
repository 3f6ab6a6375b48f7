import Foundation
import Glibc
import OnlineLearning
import TestSupport
import Testing

/// Everything that progressive validation tells, against the list of all that it was told.
@Suite struct ProgressiveValidationTests {
  private typealias Record = ValidationOracle.Record

  private func expect(
    _ metrics: ValidationMetrics?, _ oracle: ValidationOracle, _ loss: LossFunction, _ comment: Comment
  ) throws {
    func expect(
      _ got: Double?, _ expected: Double, _ name: String, tolerance: Double = 1e-9,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(
        abs((got ?? .nan) - expected) <= tolerance * max(1e-6, abs(expected)), "\(name), \(comment)",
        sourceLocation: sourceLocation)
    }
    let metrics = try #require(metrics, comment)
    expect(metrics.weight, oracle.weight, "weight")
    expect(metrics.loss, oracle.meanLoss, "loss")
    if loss.loss.isClassification {
      #expect(metrics.rootMeanSquaredError == nil && metrics.meanAbsoluteError == nil && metrics.rSquared == nil)
      expect(metrics.accuracy, oracle.accuracy, "accuracy")
      expect(metrics.baseRate, oracle.baseRate, "base rate")
      let area = oracle.areaUnderCurve
      #expect((metrics.areaUnderCurve == nil) == (area == nil) && (metrics.areaUnderCurveError == nil) == (area == nil))
      if let area, let got = metrics.areaUnderCurve, let error = metrics.areaUnderCurveError {
        #expect(abs(got - area) <= error + 1e-12, "AUC \(got) ± \(error), exactly \(area), \(comment)")
        // Useful, too: bins of 1/16 over margins of this spread share few pairs.
        if oracle.records.count > 100 { #expect(error < 0.01, comment) }
      }
    } else {
      #expect(metrics.accuracy == nil && metrics.areaUnderCurve == nil && metrics.areaUnderCurveError == nil)
      #expect(metrics.baseRate == nil)
      expect(metrics.rootMeanSquaredError, oracle.rootMeanSquaredError, "RMSE")
      expect(metrics.meanAbsoluteError, oracle.meanAbsoluteError, "MAE")
      if oracle.records.count > 1, oracle.variance > 0 { expect(metrics.rSquared, oracle.rSquared, "R²") }
    }
    if loss.loss == .logistic {
      expect(metrics.meanPrediction, oracle.meanPrediction, "mean prediction")
      // Bins of margins that a border of the ranges cuts count as a whole on one side.
      let open = 2 * oracle.shareBesideBorders(binWidth: 1.0 / 16)
      #expect(abs((metrics.calibrationError ?? .nan) - oracle.calibrationError) <= open + 1e-12, comment)
    } else {
      #expect(metrics.meanPrediction == nil && metrics.calibrationError == nil)
    }
  }

  @Test(arguments: LossFunction.examples, [UInt64(81), 82, 83])
  func agreesWithTheOracle(_ loss: LossFunction, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let memory = ProgressiveValidation.Memory(
      halfLife: random.pick([0.3, 30, 1000]), window: random.pick([8, 16, 64, 320]))
    let pace = ProgressiveValidation.Pace(memory)
    let scale = random.pick([1e-6, 1, 1e9])
    var validation = ProgressiveValidation(loss.loss)
    var records: [Record] = []
    for count in 1...600 {
      let record = Record(loss, scale: scale, using: &random)
      records.append(record)
      validation.record(record.margin, record.target, importance: record.importance, loss, pace)
      guard [1, 2, 7, 8, 9, 65, 319, 320, 321, 599, 600].contains(count) else { continue }
      let comment: Comment = "\(loss) \(memory) scale=\(scale) seed=\(seed) after \(count)"
      let all = ValidationOracle(records: records.map { ($0, $0.importance) }, loss: loss.oracle)
      try expect(validation.overall(loss), all, loss, "overall, \(comment)")

      let faded = records.enumerated().map {
        ($0.element, $0.element.importance * pow(2, -Double(count - 1 - $0.offset) / memory.halfLife))
      }
      try expect(
        validation.recent(loss), ValidationOracle(records: faded, loss: loss.oracle), loss, "recent, \(comment)")

      // Eight stretches, of which the last is being filled.
      let stretch = memory.window / 8
      let kept = count <= 8 * stretch ? count : 7 * stretch + (count - 1) % stretch + 1
      if count >= memory.window { #expect(kept <= memory.window && 8 * kept >= 7 * memory.window) }
      let latest = records.suffix(kept).map { ($0, $0.importance) }
      try expect(
        validation.window(loss), ValidationOracle(records: latest, loss: loss.oracle), loss, "window, \(comment)")
    }
  }

  /// Whatever its length, the window holds from 7/8 of it, rounded down to a multiple of 8, to all of it.
  @Test(arguments: [8, 9, 15, 100, 1003])
  func windowLength(_ window: Int) throws {
    let loss = LossFunction(.squared)
    let memory = ProgressiveValidation.Memory(window: window)
    let pace = ProgressiveValidation.Pace(memory)
    var validation = ProgressiveValidation(.squared)
    for count in 1...3000 {
      validation.record(0, 1, importance: 1, loss, pace)
      let held = try #require(validation.window(loss)).weight
      #expect(held <= Double(min(count, window)))
      if count >= window { #expect(held > 7 * Double(window / 8)) }
    }
    // A shorter one, and a longer, take over with time.
    for length in [16, 800] {
      let pace = ProgressiveValidation.Pace(ProgressiveValidation.Memory(window: length))
      for _ in 0..<3000 { validation.record(0, 1, importance: 1, loss, pace) }
      let held = try #require(validation.window(loss)).weight
      #expect(held <= Double(length) && held >= 7.0 / 8 * Double(length))
    }
    #expect(validation.overall(loss)?.weight == 9000)
  }

  @Test func recentHalvesWithTheHalfLife() throws {
    let loss = LossFunction(.squared)
    var validation = ProgressiveValidation(.squared)
    // Half-lives of this length pass 10³⁰ often.
    for halfLife in [10.0, 0.1] {
      let memory = ProgressiveValidation.Memory(halfLife: halfLife)
      let pace = ProgressiveValidation.Pace(memory)
      for _ in 0..<5000 { validation.record(0, 0, importance: 1, loss, pace) }
      validation.record(2, 0, importance: 1, loss, pace)
      for _ in 0..<10 { validation.record(0, 0, importance: 1, loss, pace) }
      let total = (0..<5011).reduce(0) { $0 + exp2(-Double($1) / halfLife) }
      let recent = try #require(validation.recent(loss))
      #expect(abs(recent.loss - 2 * exp2(-10 / halfLife) / total) < 1e-14)
      #expect(abs(recent.weight - total) < 1e-11 * total)
    }
  }

  /// Targets that vary by a millionth of their size, or not at all.
  @Test(arguments: [0, 1e-3], [Loss.squared, .huber, .quantile, .epsilonInsensitive])
  func targetsFarFromZero(spread: Double, _ loss: Loss) throws {
    let loss = LossFunction(loss)
    var random = SeededGenerator(seed: 84)
    let memory = ProgressiveValidation.Memory(halfLife: 100, window: 80)
    let pace = ProgressiveValidation.Pace(memory)
    var validation = ProgressiveValidation(loss.loss)
    var records: [(Record, Double)] = []
    for _ in 0..<1000 {
      var record = Record(loss, scale: 1, using: &random)
      record.target = 1234.1 + spread * random.normal()
      record.margin = record.target + 0.5 * spread * random.normal()
      record.prediction = record.margin
      records.append((record, record.importance))
      validation.record(record.margin, record.target, importance: record.importance, loss, pace)
    }
    let expected = ValidationOracle(records: records, loss: loss.oracle)
    let overall = try #require(validation.overall(loss))
    if spread == 0 {
      #expect(overall.rSquared == nil)
      #expect(validation.recent(loss)?.rSquared == nil)
      #expect(validation.window(loss)?.rSquared == nil)
      #expect(abs(overall.bestConstantLoss) < 1e-12)
    } else {
      #expect(abs((overall.rSquared ?? .nan) - expected.rSquared) < 1e-6)
    }
    if loss.loss == .squared {
      let best = expected.bestConstantLoss(in: expected.constants(.squared))
      #expect(abs(overall.bestConstantLoss - best) <= 1e-6 * best)
    }
  }

  @Test(arguments: LossFunction.examples)
  func nothingBeforeTheFirstSample(_ loss: LossFunction) {
    let validation = ProgressiveValidation(loss.loss)
    #expect(validation.overall(loss) == nil && validation.recent(loss) == nil && validation.window(loss) == nil)
  }
}
