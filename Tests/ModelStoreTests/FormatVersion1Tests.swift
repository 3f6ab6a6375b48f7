import FoundationEssentials
import Glibc
import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// A checkpoint of format version 1, from a whittle that knew no optimizer but `sgd`, is read and learned on from.
///
/// The numbers expected here were read from the file's tensors and texts by Python's safetensors, or follow from them by
/// hand.
struct FormatVersion1Tests {
  private static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/checkpoint-version-1.safetensors").path()

  private static let names = ["a", "b", "ab"]
  private static let values: [Float] = [0x1.a312_36p+1, 0x1.b11b_12p+1, 0x1.d2fa_6ep-3]
  private static let mark = 0x1.1849_4c3a_afc6_7p-3
  private static let coefficients: [Float] = [0x1.a4c2_22p-2, 0x1.b2d9_76p-2, 0x1.d4db_bap-6]
  private static let intercept = 0.39775258749966813
  private static let clockScale = 0.12550325473006763

  private func restored() throws -> Checkpoint { try Checkpoint(file: Self.path) }

  @Test func theFileIsOfVersion1() throws {
    let file = CheckpointFile(Array(try Data(contentsOf: URL(filePath: Self.path))))
    #expect(file.header.contains(#""format_version":"1""#))
    #expect(!file.header.contains("optimizer"))
  }

  @Test func holdsWhatWasLearned() throws {
    let checkpoint = try restored()
    let model = checkpoint.model
    #expect(checkpoint.time == 1_795_231_895.6851475)
    #expect(checkpoint.position == 0 && checkpoint.delayed.count == 0)
    #expect(model.steps == 100)
    #expect((0..<model.space.count).map { model.space.name(at: $0) } == Self.names)
    #expect(model.learner.column(.values) == .float32(Self.values))
    #expect(model.learner.column(.epochs) == .uint32([0, 0, 0]))
    #expect(model.learner.column(.marks) == .float64([Self.mark, Self.mark, Self.mark]))
    #expect(model.learner.coefficients() == Self.coefficients)
    // The marks are the clock's pull, so that only decay is owed: v times the scale.
    #expect(model.learner.coefficients() == Self.values.map { Float(Double($0) * Self.clockScale) })
    #expect(model.learner.intercept == Self.intercept)
    #expect(model.learner.state.clampedUpdates == 0)
  }

  /// What version 1 did not know has its default.
  @Test func wasLearnedUnderTheSameRules() throws {
    #expect(
      try restored().model.configuration
        == LearnerConfiguration(
          loss: .squared, lossParameters: LossParameters(quantile: 0.5, delta: 1, epsilon: 0.1), intercept: true,
          optimizer: .sgd,
          learningRate: LearningRate(
            schedule: .inverseScaling, initial: 0.1, power: 0.25, offset: nil, update: .gradient, beta: 1),
          averagingStart: nil,
          penalty: Penalty(l1: 0.01, l2: 0.5, threshold: 0.5, period: 3, penalize: .raw, factors: []),
          memory: ProgressiveValidation.Memory(halfLife: 1000, window: 10_000)))
  }

  @Test func holdsItsValidation() throws {
    let model = try restored().model
    let loss = model.configuration.lossFunction
    let overall = try #require(model.validation.overall(loss))
    #expect(overall.weight == 100)
    #expect(overall.loss == 12.38790900455582 / 100)
    #expect(overall.rootMeanSquaredError == (24.77581800911164 / 100).squareRoot())
    #expect(overall.meanAbsoluteError == 44.10038505689346 / 100)
    #expect(abs((overall.rSquared ?? 0) - (1 - 24.77581800911164 / 103.125)) < 1e-15)
    let recent = try #require(model.validation.recent(loss))
    #expect(recent.loss == 12.746824580938842 / 103.58310934560633)
  }

  private typealias Row = [(feature: Int, value: Double)]

  /// Rows that soon hold one weight above θ and two below it.
  private static let stream: [(row: Row, target: Double)] = (0..<60).map { number in
    let row: [Row] = [[(0, 1), (1, 1)], [(0, -1), (1, 1), (2, 1)], [(1, -1)], [(2, 1)], []]
    return (row[number % 5], [2.5, 1, -1, 0.25, 0.5][number % 5])
  }

  /// What 60 steps from here on come to, written down once more, densely and in Float64. Gravity pulls at every third
  /// step, for what has passed since its last one; that was step 99.
  private static func continued() -> (weights: [Double], intercept: Double, spared: Int) {
    var weights = values.map { Double($0) * clockScale }
    var intercept = intercept
    var spared = 0
    var heldBack = 0.1 / pow(100, 0.25)
    for (number, sample) in stream.enumerated() {
      let step = 100 + number
      let error = sample.row.reduce(intercept) { $0 + weights[$1.feature] * $1.value } - sample.target
      let rate = 0.1 / pow(Double(step + 1), 0.25)
      for (feature, value) in sample.row { weights[feature] -= rate * error * value }
      intercept -= rate * error
      for feature in weights.indices { weights[feature] *= exp(-0.5 * rate) }
      heldBack += rate
      if (step + 1) % 3 == 0 {
        for feature in weights.indices {
          // Those above θ are spared; none was above it for a part of the time only.
          let size = abs(weights[feature])
          if size * exp(0.5 * heldBack) > 0.5 {
            #expect(size > 0.5, "weight \(feature) crosses the threshold in step \(step)")
            spared += 1
            continue
          }
          let gravity = 0.01 / 0.5 * (1 - exp(-0.5 * heldBack))
          weights[feature] = size > gravity ? (weights[feature] < 0 ? gravity - size : size - gravity) : 0
        }
        heldBack = 0
      }
    }
    return (weights, intercept, spared)
  }

  private func learn(_ model: inout Model) {
    for (row, target) in Self.stream {
      let features = row.map { (name: Self.names[$0.feature], value: Float($0.value)) }
      model.learn([RandomStream.Sample(features: features, target: target, importance: 1)])
    }
  }

  @Test func learningGoesOn() throws {
    var model = try restored().model
    learn(&model)
    let expected = Self.continued()
    #expect(model.steps == 160)
    #expect(expected.spared > 10)
    let coefficients = model.learner.coefficients().map(Double.init)
    let deviation = zip(coefficients, expected.weights).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(deviation < 1e-6, "\(coefficients), not \(expected.weights)")
    #expect(abs(model.learner.intercept - expected.intercept) < 1e-6)
  }

  /// Written anew it is of today's version, and the same model.
  @Test func isWrittenAsTodaysVersion() throws {
    let directory = try TemporaryDirectory()
    var model = try restored().model
    let bytes = try Checkpoint(model, time: 5).encoded()
    #expect(CheckpointFile(bytes).header.contains(#""format_version":"3""#))
    var again = try Checkpoint(file: try directory.write(bytes, to: "model")).model
    #expect(ModelBits(again) == ModelBits(model))
    learn(&again)
    learn(&model)
    #expect(ModelBits(again) == ModelBits(model))
  }
}
