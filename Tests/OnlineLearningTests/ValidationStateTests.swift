import Foundation
import OnlineLearning
import TestSupport
import Testing

/// What progressive validation keeps: always of one size, and enough to go on bit for bit.
@Suite struct ValidationStateTests {
  private func encoded(_ validation: ProgressiveValidation) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(validation)
  }

  @Test(arguments: Loss.allCases)
  func memoryIsConstant(_ loss: Loss) throws {
    let loss = LossFunction(loss)
    var random = SeededGenerator(seed: 85)
    var validation = ProgressiveValidation(loss.loss)
    var sizes: [Int] = []
    for count in 1...100_000 {
      let record = ValidationOracle.Record(loss, scale: 1, using: &random)
      validation.record(
        record.margin, record.target, importance: record.importance, loss,
        ProgressiveValidation.Pace(ProgressiveValidation.Memory(window: 4000)))
      if count == 30_000 || count == 100_000 { sizes.append(try encoded(validation).count) }
    }
    // What still grows a little are sums that take more digits, and rare targets.
    #expect(Double(sizes[1]) < 1.2 * Double(sizes[0]), "\(sizes)")
    #expect(sizes[1] < 500_000, "\(sizes)")
  }

  @Test(arguments: LossFunction.examples, [UInt64(86), 87])
  func codableRoundTrip(_ loss: LossFunction, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let memory = ProgressiveValidation.Memory(halfLife: random.pick([0.4, 50]), window: random.pick([8, 24, 400]))
    let pace = ProgressiveValidation.Pace(memory)
    var uninterrupted = ProgressiveValidation(loss.loss)
    var interrupted = uninterrupted
    for count in 0..<300 {
      if count % 23 == 0 {
        let data = try encoded(interrupted)
        interrupted = try JSONDecoder().decode(ProgressiveValidation.self, from: data)
        let again = try encoded(interrupted)
        #expect(again == data, "\(loss) seed=\(seed) after \(count)")
      }
      let record = ValidationOracle.Record(loss, scale: 0.1, using: &random)
      uninterrupted.record(record.margin, record.target, importance: record.importance, loss, pace)
      interrupted.record(record.margin, record.target, importance: record.importance, loss, pace)
    }
    let same = try encoded(uninterrupted) == encoded(interrupted)
    #expect(same, "\(loss) seed=\(seed)")
    #expect(uninterrupted.overall(loss) == interrupted.overall(loss))
    #expect(uninterrupted.recent(loss) == interrupted.recent(loss))
    #expect(uninterrupted.window(loss) == interrupted.window(loss))
  }

  @Test(arguments: LossFunction.examples, [1e-9, 0.01, 1, 1e9])
  func extremeInputsStayFinite(_ loss: LossFunction, halfLife: Double) throws {
    let sizes = [3.4e38, 1e30, 1e10, 1, 1e-10, 1e-38, 1e-45]
    let pace = ProgressiveValidation.Pace(ProgressiveValidation.Memory(halfLife: halfLife, window: 40))
    for seed in UInt64(88)...90 {
      var random = SeededGenerator(seed: seed)
      var validation = ProgressiveValidation(loss.loss)
      for count in 1...200 {
        // A margin has the range of a weight times a value, many times.
        let margin = random.pick([-1, 1]) * random.pick(sizes + [1e77, 0])
        var target = random.pick(loss.loss == .poisson ? [0, 1] : [-1.0, 1])
        if !loss.loss.isClassification { target *= random.pick(sizes) }
        validation.record(margin, target, importance: random.pick(sizes), loss, pace)
        let comment: Comment = "\(loss) half-life=\(halfLife) seed=\(seed) after \(count)"
        for metrics in [validation.overall(loss), validation.recent(loss), validation.window(loss)] {
          let metrics = try #require(metrics, comment)
          #expect(metrics.isFinite, "\(metrics), \(comment)")
          for share in [metrics.accuracy, metrics.areaUnderCurve, metrics.areaUnderCurveError, metrics.baseRate] {
            #expect((0...1 + 1e-9).contains(share ?? 0), "\(metrics), \(comment)")
          }
          #expect((0...1 + 1e-9).contains(metrics.calibrationError ?? 0), "\(metrics), \(comment)")
          #expect((metrics.rSquared ?? 1) <= 1, "\(metrics), \(comment)")
        }
      }
      // JSON has no word for what is not finite.
      #expect(throws: Never.self) { try encoded(validation) }
    }
  }
}
