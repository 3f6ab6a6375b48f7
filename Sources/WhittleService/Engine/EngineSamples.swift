internal import OnlineLearning
internal import SampleFormats
internal import WhittleProtocol

/// What became of the samples of a message.
struct SampleOutcome {
  var learned = 0
  /// No target, an importance weight of 0, or the target of a sample that is not known.
  var unlearned = 0
  /// Which were left out because their source had numbered them before: their places in the message.
  var duplicates: [Int] = []
}

extension Engine {
  /// Learns the samples of the message just decoded, and counts them.
  ///
  /// - Parameter predicts: whether the margins of all samples are wanted; then the message was decoded to be answered.
  /// - Throws: when there is no room for their sources; then none is learned.
  func learnBatch(predicts: Bool) throws(SampleError) -> SampleOutcome {
    var outcome = SampleOutcome()
    do throws(SampleError) {
      outcome.duplicates = try admitSequences()
    } catch {
      // What the message named anew goes with it.
      model.space.truncate(to: model.learner.count)
      throw error
    }
    if !outcome.duplicates.isEmpty { model.forgetUnusedNames(for: &batch) }
    makeRoom()
    if batch.labels.hasIDs {
      outcome.learned = learnInOrder()
      outcome.unlearned = batch.count - outcome.learned + batch.unlearned
    } else if predicts {
      outcome.learned = model.learn(batch, margins: &margins)
      outcome.unlearned = batch.count - outcome.learned
    } else {
      model.learn(batch)
      outcome.learned = batch.count
      outcome.unlearned = batch.unlearned
    }
    lastTarget = batch.targets.last { !$0.isNaN } ?? lastTarget
    counters.samples += UInt64(outcome.learned)
    counters.unlearned += UInt64(outcome.unlearned)
    counters.duplicates += UInt64(outcome.duplicates.count)
    return outcome
  }

  /// Learns the rows in their order, of which some wait for their targets, and some bring the target of one that waits.
  ///
  /// - Returns: how many were learned.
  private func learnInOrder() -> Int {
    let now = monotonicSeconds()
    margins.removeAll(keepingCapacity: true)
    var learned = 0
    var place = 0
    for row in 0..<batch.count {
      while place < batch.labels.count, batch.labels[place].row ?? -1 < row { place += 1 }
      let label = place < batch.labels.count && batch.labels[place].row == row ? batch.labels[place] : nil
      let id = label.flatMap { batch.labels.id(of: $0) }
      let target = batch.targets[row]
      if target.isNaN {
        learned += learnStretch()
        let margin = model.margin(of: row, in: batch)
        if let id {
          delayed.keep(row, of: batch, id: id, margin: margin, at: now)
          hasNewDelayed = true
        }
        margins.append(margin)
      } else if let id, let sample = delayed.take(id, at: now) {
        stretch.append(sample, target: target, importance: batch.importances[row])
        given.append(sample.margin)
      } else if label?.isTargetOnly == true {
        learned += learnStretch()
        counters.unmatched += 1
        margins.append(.nan)
      } else {
        stretch.append(row: row, of: batch)
        given.append(.nan)
      }
    }
    return learned + learnStretch()
  }

  /// Learns the rows that have come together.
  ///
  /// - Returns: how many they were.
  private func learnStretch() -> Int {
    let count = stretch.count
    model.learn(stretch, given: given, margins: &margins)
    stretch.removeAll()
    given.removeAll(keepingCapacity: true)
    return count
  }
}
