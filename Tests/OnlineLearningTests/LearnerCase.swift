import OnlineLearning
import TestSupport
import Testing

/// One configuration and one stream to try it on.
struct LearnerCase: Sendable, CustomTestStringConvertible {
  var configuration: LearnerConfiguration
  var weighted: Bool
  var seed: UInt64

  var stream: RandomStream {
    RandomStream(seed: seed, loss: configuration.loss, dimensions: Self.dimensions, weighted: weighted)
  }

  var testDescription: String {
    let (rate, penalty) = (configuration.learningRate, configuration.penalty)
    return """
      \(configuration.loss) \(rate.schedule) λ1=\(penalty.l1) λ2=\(penalty.l2) \
      θ=\(penalty.threshold.map { "\($0)" } ?? "none") K=\(penalty.period) \
      intercept=\(configuration.intercept) weighted=\(weighted) seed=\(seed)
      """
  }

  static let dimensions = 200

  /// Losses, schedules, λ1, λ2, θ and K, each with each; intercept and importance weights by the seed.
  static let all: [LearnerCase] = {
    var cases: [LearnerCase] = []
    for loss in Loss.allCases {
      // Chosen so that some weights end at zero and some do not.
      let (l1, l2) = loss == .squared ? (0.08, 0.02) : (0.015, 0.003)
      for schedule in LearningRate.Schedule.allCases {
        for (l1, l2) in [(l1, 0), (0, l2), (l1, l2), (0, 0)] {
          // `optimal` divides by λ1 + λ2.
          if schedule == .optimal, l1 + l2 == 0 { continue }
          // Without gravity θ has no meaning. A rounding at θ grows by λ1/(λ2 θ), 20 at the most here: with θ = 0.1,
          // Float32's rounding done to the oracle alone moves some results by more than the tolerance (2.8e-5).
          for threshold in l1 > 0 ? [nil, 0.25, 0.8] : [nil] {
            for period in [1, 2, 7, 50] {
              let seed = UInt64(1000 + cases.count)
              var random = SeededGenerator(seed: seed)
              let rate = LearningRate(
                schedule: schedule, initial: 0.05,
                // Bottou's first step is far too large for samples of this length: the stream would amplify every
                // rounding.
                offset: schedule == .optimal ? 1 / ((loss == .squared ? 0.05 : 0.5) * (l1 + l2)) : nil)
              let configuration = LearnerConfiguration(
                loss: loss, intercept: random.below(2) == 0, learningRate: rate,
                penalty: Penalty(l1: l1, l2: l2, threshold: threshold, period: period), recentHalfLife: 100)
              cases.append(
                LearnerCase(configuration: configuration, weighted: random.below(2) == 0, seed: seed))
            }
          }
        }
      }
    }
    return cases
  }()

  /// Fewer of them, for tests that need variety but not each with each.
  static let some: [LearnerCase] = all.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
}
