/// Names of hashed features: asked for where weights are heavy.
extension Model {
  /// Only every so many-th batch is looked at: what is heavy comes again.
  private static let stride: UInt64 = 4

  /// Asks for the names of the batch's features whose weights are among the heaviest.
  ///
  /// - Complexity: O(features of the batch)
  mutating func askForNames(_ batch: borrowing SampleBatch) {
    guard space.heaviest.capacity > 0 else { return }
    namedBatches += 1
    // A young model has few features, and each may be among the heaviest.
    guard namedBatches % Model.stride == 0 || !space.heaviest.isFullyUsed else { return }
    for feature in batch.featureList {
      let weight = abs(learner.weight(Int(feature)))
      if weight > space.heaviest.threshold { space.heaviest.want(feature, below: space.count) }
    }
    if space.heaviest.isFull {
      // Apart, since names change while weights are read.
      let learner = learner
      space.heaviest.prune { learner.weight(Int($0)) }
    }
  }
}
