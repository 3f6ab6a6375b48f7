internal import OnlineLearning

/// A model of so many weights, and messages of one row each for it.
struct StoreMessages {
  let bits: Int
  let batches: [SampleBatch]
  /// Has learned all messages once.
  let model: Model

  private static let count = 20_000

  init(bits: Int) {
    self.bits = bits
    let stream = SampleStream(
      StreamPlan(
        name: "2^\(bits)", kind: .zipf, features: 1 << bits, featuresPerRow: min(76, 1 << (bits - 2)),
        rows: StoreMessages.count), rows: StoreMessages.count)
    batches = (0..<stream.rows).map { row in
      var batch = SampleBatch()
      batch.append(row: row, of: stream.batch)
      return batch
    }
    let learner = LearnerSetup(optimizer: .sgd, kind: .elasticnet).learner(features: 1 << bits)
    var model = Model(
      FeatureSpace(.indexed(width: 1 << bits)), learner: learner,
      validation: ProgressiveValidation(learner.configuration.loss))
    for batch in batches { model.learn(batch) }
    self.model = model
  }
}
