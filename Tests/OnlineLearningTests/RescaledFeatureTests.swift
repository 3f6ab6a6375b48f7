import Glibc
import OnlineLearning
import TestSupport
import Testing

/// `normalized` knows no units: a feature multiplied by a constant has its weight divided, and no prediction changes.
@Suite struct RescaledFeatureTests {
  private static let cases = LearnerCase.optimizers.filter {
    $0.configuration.optimizer == .normalized
      && ($0.configuration.penalty.isNone || $0.configuration.penalty.penalize == .scaled)
  }

  /// - Returns: the largest difference of margins, in units of the largest margin, and whether none was there at all.
  private func deviation(_ learnerCase: LearnerCase, steps: Int, _ factor: (Int) -> Float) -> (Double, isNone: Bool) {
    var plain = ModelUnderTest(learnerCase.configuration)
    var rescaled = ModelUnderTest(learnerCase.configuration)
    var stream = learnerCase.stream
    var (deviation, largest, isNone) = (0.0, 1.0, true)
    for _ in 0..<steps {
      var sample = stream.next()
      let expected = plain.learn(sample)
      sample.values = zip(sample.features, sample.values).map { $1 * factor($0) }
      let margin = rescaled.learn(sample)
      if margin.bitPattern != expected.bitPattern { isNone = false }
      deviation = max(deviation, abs(margin - expected))
      largest = max(largest, abs(expected))
    }
    let weights = (
      plain.coefficients(dimensions: LearnerCase.dimensions), rescaled.coefficients(dimensions: LearnerCase.dimensions)
    )
    for feature in 0..<LearnerCase.dimensions {
      let difference = weights.1[feature] * Double(factor(feature)) - weights.0[feature]
      deviation = max(deviation, abs(difference) / max(1, abs(weights.0[feature])))
    }
    return (deviation / largest, isNone)
  }

  /// To the bit, since multiplying by a power of two rounds nothing.
  @Test(arguments: cases)
  func powersOfTwo(_ learnerCase: LearnerCase) {
    let result = deviation(learnerCase, steps: 600) { Float(pow(2, Double(($0 * 7) % 41 - 20))) }
    #expect(result.isNone, "\(learnerCase.testDescription)")
  }

  @Test(arguments: cases)
  func millionfoldAndMillionth(_ learnerCase: LearnerCase) {
    let result = deviation(learnerCase, steps: 600) { [1e6, 1e-6, 1][$0 % 3] }
    #expect(result.0 < 1e-4, "\(learnerCase.testDescription)")
  }

  /// The test has teeth: other optimizers, and penalties of raw weights, do depend on units.
  @Test(arguments: [Optimizer.sgd, .adagrad, .normalized, .ftrl])
  func othersDepend(_ optimizer: Optimizer) {
    let configuration = LearnerConfiguration(
      optimizer: optimizer, penalty: optimizer == .normalized ? Penalty(l1: 0.01) : Penalty())
    let learnerCase = LearnerCase(configuration: configuration, weighted: false, seed: 93)
    #expect(deviation(learnerCase, steps: 300) { [8, 0.125, 1][$0 % 3] }.0 > 1e-3)
  }
}
