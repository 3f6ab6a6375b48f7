import OnlineLearning
import TestSupport
import Testing

/// A batch is its rows in their order: how a stream is cut into batches changes nothing, to the bit.
@Suite struct BatchOrderTests {
  private static let cases = LearnerCase.some + LearnerCase.someOptimizers

  /// Learns samples in batches of so many rows. All features are there from the beginning.
  private func learned(_ learnerCase: LearnerCase, _ samples: [Sample], rows: Int) -> ModelBits {
    var model = Model(learnerCase.configuration)
    for feature in 0..<LearnerCase.dimensions { model.space.intern("feature \(feature)") }
    var batch = SampleBatch()
    for (number, sample) in samples.enumerated() {
      for (feature, value) in zip(sample.features, sample.values) {
        batch.append(feature: UInt32(feature), value: value)
      }
      batch.endRow(target: sample.target, importance: sample.importance)
      if batch.count == rows || number == samples.count - 1 {
        model.learn(batch)
        batch.removeAll()
      }
    }
    return ModelBits(model)
  }

  @Test(arguments: cases)
  func cuttingChangesNothing(_ learnerCase: LearnerCase) {
    var stream = learnerCase.stream
    let samples = (0..<300).map { _ in stream.next() }
    let oneByOne = learned(learnerCase, samples, rows: 1)
    for rows in [7, 300] {
      let agree = learned(learnerCase, samples, rows: rows) == oneByOne
      #expect(agree, "\(rows) rows, \(learnerCase.testDescription)")
    }
  }

  /// And the order matters: in another one the same samples make another model.
  @Test(arguments: cases)
  func orderIsKept(_ learnerCase: LearnerCase) {
    var stream = learnerCase.stream
    let samples = (0..<300).map { _ in stream.next() }
    let agree = learned(learnerCase, samples, rows: 300) == learned(learnerCase, samples.reversed(), rows: 300)
    #expect(!agree, "\(learnerCase.testDescription)")
  }
}
