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
  func seconds(_ batch: SampleBatch) -> Seconds {
    // As `Model.learn`, without its validation, which the peer does not do either.
    Seconds.measure { learner.learn(batch) { _, _ in } }
  }
}

/// The same for a whole model, which validates what it learns.
final class TimedModel {
  private var model: Model

  init(_ learner: LinearLearner) {
    var space = FeatureSpace()
    for feature in 0..<learner.count { space.intern(String(feature).utf8Span.span) }
    model = Model(
      space, learner: learner, validation: ProgressiveValidation(learner.configuration.loss))
  }

  /// Learns all rows.
  ///
  /// - Returns: the seconds it took.
  func seconds(_ batch: SampleBatch) -> Seconds {
    Seconds.measure { model.learn(batch) }
  }
}

/// The seconds that several contestants took, round by round.
///
/// All run in every round, one after the other, so that what disturbs the machine disturbs neighbours alike; only
/// ratios within a round are compared. Every second round goes from the last to the first, so that what one leaves to the
/// next, as a disk that is still busy, is not always the same one's burden.
struct Rounds {
  /// One a contestant, each with one entry a round.
  private let seconds: [[Seconds]]

  /// Runs one round that is not counted, and then `count` that are.
  init(_ count: Int, _ contestants: [() throws -> Seconds]) throws {
    for contestant in contestants { _ = try contestant() }
    var seconds = contestants.map { _ in [Seconds]() }
    for round in 0..<count {
      for place in contestants.indices {
        let index = round.isMultiple(of: 2) ? place : contestants.count - 1 - place
        seconds[index].append(try contestants[index]())
      }
    }
    self.seconds = seconds
  }

  /// All rounds of several times that the same contestants ran.
  ///
  /// - Precondition: they ran once at least.
  init(joining times: [Rounds]) {
    seconds = times[0].seconds.indices.map { contestant in times.flatMap { $0.seconds[contestant] } }
  }

  /// Which of a contestant's seconds count.
  enum Clock {
    case wall, processor

    func reading(_ seconds: Seconds) -> Double {
      switch self {
      case .wall: seconds.wall
      case .processor: seconds.processor ?? .nan
      }
    }
  }

  /// The median of a contestant's seconds.
  func median(_ contestant: Int, _ clock: Clock = .wall) -> Double {
    bench.median(seconds[contestant].map(clock.reading))
  }

  /// A contestant's seconds in its fastest round.
  func least(_ contestant: Int) -> Double {
    seconds[contestant].map(\.wall).min() ?? .nan
  }

  /// The time of one over the time of another, by round.
  func ratios(_ contestant: Int, over other: Int, _ clock: Clock = .wall) -> [Double] {
    zip(seconds[contestant], seconds[other]).map { clock.reading($0) / clock.reading($1) }
  }
}

/// The middle of the figures, or the mean of the two in the middle.
///
/// - Precondition: there is one at least.
func median(_ figures: [Double]) -> Double {
  let sorted = figures.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
