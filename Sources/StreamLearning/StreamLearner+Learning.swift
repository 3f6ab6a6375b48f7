public import OnlineLearning
internal import SampleFormats

/// What became of the samples of a message.
public struct MessageOutcome: Sendable {
  /// Learned.
  public var learned = 0
  /// No target, an importance weight of 0, or the target of a sample that is not known.
  public var unlearned = 0
  /// Targets without features that came for no sample that waits.
  public var unmatched = 0
  /// Which were left out because their source had numbered them before: their places in the message, ascending.
  public var duplicates: [Int] = []
  /// Numbers that sources left out before this message, in order; at most `StreamLearner.mostGaps` of them.
  public var gaps: [SequenceGap] = []
  /// What became of features because the dictionary was full.
  public var room = Model.Room()
  /// The target of the sample learned last; nil where none was.
  public var lastTarget: Double?
  /// What was predicted for each sample of the message, in order; nil for those that were not looked at. Nil where predictions were not
  /// wanted.
  public var predictions: [Double?]?
}

extension StreamLearner {
  /// Learns the message just accepted.
  ///
  /// - Parameters:
  ///   - predicts: whether predictions for all samples are wanted; then the message was accepted to be answered.
  ///   - time: seconds by a clock that does not go back over the model's life.
  /// - Complexity: O(features of the message)
  public mutating func learn(predicts: Bool, at time: Double) -> MessageOutcome {
    if counts { state.position += 1 }
    var outcome = MessageOutcome()
    admitSequences(&outcome)
    if !outcome.duplicates.isEmpty { state.model.forgetUnusedNames(for: &batch) }
    outcome.room = state.model.makeRoom(for: &batch, limit: settings.limits.features, keeping: state.delayed)
    if batch.labels.hasIDs {
      learnInOrder(at: time, &outcome)
      outcome.unlearned = batch.count - outcome.learned + batch.unlearned
    } else if predicts {
      outcome.learned = state.model.learn(batch, margins: &margins)
      outcome.unlearned = batch.count - outcome.learned
    } else {
      state.model.learn(batch)
      outcome.learned = batch.count
      outcome.unlearned = batch.unlearned
    }
    outcome.lastTarget = batch.targets.last { !$0.isNaN }
    if predicts {
      let loss = settings.learner.loss
      // Targets of samples that nobody knows have none.
      var predictions: [Double?] = margins.map { $0.isNaN ? nil : loss.prediction($0) }
      for place in outcome.duplicates { predictions.insert(nil, at: min(place, predictions.count)) }
      outcome.predictions = predictions
    }
    return outcome
  }

  /// Learns the rows in their order, of which some wait for their targets, and some bring the target of one that waits.
  private mutating func learnInOrder(at now: Double, _ outcome: inout MessageOutcome) {
    margins.removeAll(keepingCapacity: true)
    var place = 0
    for row in 0..<batch.count {
      while place < batch.labels.count, batch.labels[place].row ?? -1 < row { place += 1 }
      let label = place < batch.labels.count && batch.labels[place].row == row ? batch.labels[place] : nil
      let id = label.flatMap { batch.labels.id(of: $0) }
      let target = batch.targets[row]
      if target.isNaN {
        outcome.learned += learnStretch()
        let margin = state.model.margin(of: row, in: batch)
        if let id { state.delayed.keep(row, of: batch, id: id, margin: margin, at: now) }
        margins.append(margin)
      } else if let id, let sample = state.delayed.take(id, at: now) {
        stretch.append(sample, target: target, importance: batch.importances[row])
        given.append(sample.margin)
      } else if label?.isTargetOnly == true {
        outcome.learned += learnStretch()
        outcome.unmatched += 1
        margins.append(.nan)
      } else {
        stretch.append(row: row, of: batch)
        given.append(.nan)
      }
    }
    outcome.learned += learnStretch()
  }

  /// Learns the rows that have come together.
  ///
  /// - Returns: how many they were.
  private mutating func learnStretch() -> Int {
    let count = stretch.count
    state.model.learn(stretch, given: given, margins: &margins)
    stretch.removeAll()
    given.removeAll(keepingCapacity: true)
    return count
  }
}
