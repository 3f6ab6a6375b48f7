/// The whole of what is learned: the learner, the names of its features, and how well it predicts.
///
/// A copy is a snapshot as of one step, and the next change then copies all of the model's storage: `beginSnapshot` begins one
/// that is copied a piece at a time.
public struct Model: Sendable {
  public var space: FeatureSpace
  public internal(set) var learner: LinearLearner
  public private(set) var validation: ProgressiveValidation
  /// Batches learned since the model was made or restored, where names are asked for.
  var namedBatches: UInt64 = 0
  /// The losses of late, for whoever watches over them.
  private var lossBlocks = LossBlocks()
  /// What is being copied for other threads.
  var snapshotInProgress: SnapshotInProgress?
  private let pace: ProgressiveValidation.Pace
  private let loss: LossFunction

  /// A model that has learned nothing.
  public init(_ configuration: LearnerConfiguration, _ space: FeatureSpace = FeatureSpace()) {
    self.init(
      space, learner: LinearLearner(configuration), validation: ProgressiveValidation(configuration.loss))
  }

  /// A model as a checkpoint holds it.
  ///
  /// - Precondition: the learner has at most as many features as the space has indices.
  public init(_ space: FeatureSpace, learner: LinearLearner, validation: ProgressiveValidation) {
    precondition(learner.count <= space.count)
    self.space = space
    self.learner = learner
    self.learner.nameFeatures { space.name(at: $0) }
    // All of a fixed number of features can be asked for at once.
    if space.kind != .dictionary { self.learner.grow(to: space.count) { space.name(at: $0) } }
    self.validation = validation
    loss = learner.configuration.lossFunction
    pace = ProgressiveValidation.Pace(learner.configuration.memory)
  }

  public var configuration: LearnerConfiguration { learner.configuration }
  /// How many samples were learned: the model's clock.
  public var steps: UInt64 { learner.state.steps }

  /// Learns the rows of a batch in their order.
  ///
  /// - Parameter batch: rows with targets, their features found in this model's space.
  /// - Complexity: O(features of the batch)
  public mutating func learn(_ batch: SampleBatch) {
    growLearner(to: space.count)
    save(batch.featureList)
    Model.learn(batch, &learner, &validation, &lossBlocks, loss, pace)
    if space.sharesIndices { askForNames(batch) }
  }

  /// Goes through the rows of a batch in their order: learns those that have a target, and only predicts the others.
  ///
  /// - Parameters:
  ///   - batch: rows with targets or NaN for one, their features found in this model's space.
  ///   - margins: becomes the rows' margins, each as it was before the row was learned.
  /// - Returns: how many rows were learned.
  /// - Complexity: O(features of the batch)
  public mutating func learn(_ batch: SampleBatch, margins: inout [Double]) -> Int {
    growLearner(to: space.count)
    save(batch.featureList)
    defer { if space.sharesIndices { askForNames(batch) } }
    margins.removeAll(keepingCapacity: true)
    guard batch.targets.contains(where: \.isNaN) else {
      Model.learn(batch, &learner, &validation, &lossBlocks, loss, pace, margins: &margins)
      return batch.count
    }
    var learned = 0
    // The rows since the last one that was only predicted.
    var stretch = SampleBatch()
    for row in 0..<batch.count {
      if !batch.targets[row].isNaN {
        stretch.append(row: row, of: batch)
      } else {
        learned += stretch.count
        Model.learn(stretch, &learner, &validation, &lossBlocks, loss, pace, margins: &margins)
        stretch.removeAll()
        margins.append(margin(of: row, in: batch))
      }
    }
    Model.learn(stretch, &learner, &validation, &lossBlocks, loss, pace, margins: &margins)
    return learned + stretch.count
  }

  /// Learns the rows of a batch in their order, some of which were predicted before.
  ///
  /// - Parameters:
  ///   - batch: rows with targets.
  ///   - given: for each row the margin that was given out for it, by which it is validated; NaN where none was.
  ///   - margins: the rows' margins are added to it: those given out, or as they were before the row was learned.
  /// - Precondition: there are as many given margins as rows.
  /// - Complexity: O(features of the batch)
  public mutating func learn(_ batch: SampleBatch, given: [Double], margins: inout [Double]) {
    precondition(given.count == batch.count)
    growLearner(to: space.count)
    save(batch.featureList)
    Model.learn(batch, given, &learner, &validation, &lossBlocks, loss, pace, margins: &margins)
    if space.sharesIndices { askForNames(batch) }
  }

  /// Makes the features that have become known part of the learner.
  mutating func growLearner(to count: Int) {
    if learner.count < count { learner.grow(to: count) { [space] in space.name(at: $0) } }
  }

  private static func learn(
    _ batch: SampleBatch, _ given: [Double], _ learner: inout LinearLearner, _ validation: inout ProgressiveValidation,
    _ blocks: inout LossBlocks, _ loss: LossFunction, _ pace: ProgressiveValidation.Pace, margins: inout [Double]
  ) {
    learner.learn(batch) { row, margin in
      let told = given[row].isNaN ? margin : given[row]
      blocks.add(validation.record(told, batch.targets[row], importance: batch.importances[row], loss, pace))
      margins.append(told)
    }
  }

  /// Apart, so that all change in place, at once.
  private static func learn(
    _ batch: SampleBatch, _ learner: inout LinearLearner, _ validation: inout ProgressiveValidation,
    _ blocks: inout LossBlocks, _ loss: LossFunction, _ pace: ProgressiveValidation.Pace, margins: inout [Double]
  ) {
    let (targets, importances) = (batch.targets.span, batch.importances.span)
    learner.learn(batch) { row, margin in
      blocks.add(validation.record(margin, targets[row], importance: importances[row], loss, pace))
      margins.append(margin)
    }
  }

  /// Apart, so that both change in place, at once.
  private static func learn(
    _ batch: SampleBatch, _ learner: inout LinearLearner, _ validation: inout ProgressiveValidation,
    _ blocks: inout LossBlocks, _ loss: LossFunction, _ pace: ProgressiveValidation.Pace
  ) {
    let (targets, importances) = (batch.targets.span, batch.importances.span)
    learner.learn(batch) { row, margin in
      blocks.add(validation.record(margin, targets[row], importance: importances[row], loss, pace))
    }
  }

  /// The margin of one row of a batch. Changes nothing.
  ///
  /// - Complexity: O(features of the row)
  public func margin(of row: Int, in batch: SampleBatch) -> Double {
    let range = batch.range(of: row)
    return learner.margin(
      batch.featureList.span.extracting(batch.listRange(of: row)), batch.values.span.extracting(range))
  }

  /// Keeps the mean losses of blocks of samples from now on: they have to be taken now and then. What a checkpoint
  /// restores keeps none.
  public mutating func keepLossBlocks() { lossBlocks.keep() }

  /// The blocks of samples learned since the last time, the oldest first.
  ///
  /// - Returns: their mean losses, each sample counting once, whatever its importance, by how far its loss was above the
  ///   least one that any prediction has for its target; and how many samples were learned since the last of them.
  /// - Complexity: O(1)
  public mutating func takeLossBlocks() -> (means: [Double], samplesSince: Int) { lossBlocks.take() }

  /// Whether there are blocks to take.
  public var hasLossBlocks: Bool { !lossBlocks.isEmpty }

  /// The same model under another configuration, which holds from here on.
  ///
  /// - Complexity: O(features)
  public func reconfigured(_ configuration: LearnerConfiguration) -> Model {
    var model = Model(space, learner: learner.reconfigured(configuration), validation: validation)
    model.lossBlocks = lossBlocks
    return model
  }
}
