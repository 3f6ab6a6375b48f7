internal import OnlineLearning

/// A learner that is timed, pass by pass over the same rows, going on where it stood.
final class TimedLearner {
  private(set) var learner: LinearLearner

  init(_ learner: LinearLearner) {
    self.learner = learner
  }

  /// Learns all rows.
  ///
  /// - Returns: the seconds it took.
  func seconds(_ batch: SampleBatch) -> Double {
    let clock = ContinuousClock()
    return clock.measure { TimedLearner.learn(batch, &learner) } / .seconds(1)
  }

  /// The loop of `Model.learn` without its validation, which the peer does not do either.
  private static func learn(_ batch: SampleBatch, _ learner: inout LinearLearner) {
    for row in 0..<batch.count {
      let range = batch.range(of: row)
      _ = learner.learn(
        batch.features.span.extracting(range), batch.values.span.extracting(range),
        target: batch.targets[row], importance: batch.importances[row])
    }
  }
}

/// The seconds that several contestants took, round by round.
///
/// All run in every round, one after the other, so that what disturbs the machine disturbs neighbours alike; only
/// ratios within a round are compared.
struct Rounds {
  /// One a contestant, each with one figure a round.
  private let seconds: [[Double]]

  /// Runs one round that is not counted, and then `count` that are.
  init(_ count: Int, _ contestants: [() throws -> Double]) throws {
    for contestant in contestants { _ = try contestant() }
    var seconds = contestants.map { _ in [Double]() }
    for _ in 0..<count {
      for (index, contestant) in contestants.enumerated() { seconds[index].append(try contestant()) }
    }
    self.seconds = seconds
  }

  /// The median of a contestant's seconds.
  func median(_ contestant: Int) -> Double {
    bench.median(seconds[contestant])
  }

  /// The time of one over the time of another, by round.
  func ratios(_ contestant: Int, over other: Int) -> [Double] {
    zip(seconds[contestant], seconds[other]).map { $0 / $1 }
  }
}

/// The middle of the figures, or the mean of the two in the middle.
///
/// - Precondition: there is one at least.
func median(_ figures: [Double]) -> Double {
  let sorted = figures.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
