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
    let penalty = configuration.penalty
    return """
      \(configuration.loss) \(configuration.optimizer) \(configuration.schedule) \(configuration.update) \
      λ1=\(penalty.l1) λ2=\(penalty.l2) \
      θ=\(penalty.threshold.map { "\($0)" } ?? "none") K=\(penalty.period) \(penalty.penalize) \
      factors=\(penalty.factors.count) averaging=\(configuration.averagingStart.map { "\($0)" } ?? "none") \
      intercept=\(configuration.intercept) weighted=\(weighted) seed=\(seed)
      """
  }

  static let dimensions = 200

  /// Losses, updates, λ1, λ2, θ and K, each with each; schedules in turn; intercept and importance weights by the seed.
  static let all: [LearnerCase] = {
    var cases: [LearnerCase] = []
    for loss in Loss.allCases {
      let (l1, l2) = penalties(for: loss)
      for update in LearningRate.Update.allCases {
        for (l1, l2) in [(l1, 0), (0, l2), (l1, l2), (0, 0)] {
          // Without gravity θ has no meaning.
          for threshold in l1 > 0 ? [nil, 0.1, 0.4] : [nil] {
            for period in [1, 2, 7, 50] {
              let seed = UInt64(1000 + cases.count)
              cases.append(
                learnerCase(
                  loss, update, Penalty(l1: l1, l2: l2, threshold: threshold, period: period), turn: cases.count,
                  seed: seed))
            }
          }
        }
      }
    }
    return cases
  }()

  /// λ1 and λ2 with which some weights end at zero and some do not.
  static func penalties(for loss: Loss) -> (Double, Double) {
    switch loss {
    case .squared, .poisson: (0.08, 0.02)
    case .huber, .epsilonInsensitive: (0.05, 0.02)
    case .quantile: (0.03, 0.01)
    case .logistic: (0.015, 0.003)
    case .hinge, .squaredHinge: (0.03, 0.01)
    }
  }

  private static func learnerCase(
    _ loss: Loss, _ update: LearningRate.Update, _ penalty: Penalty, turn: Int, seed: UInt64
  ) -> LearnerCase {
    var random = SeededGenerator(seed: seed)
    // Four periods and three schedules: each comes with each.
    var schedule = LearningRate.Schedule.allCases[(turn + turn / 4) % 3]
    // `optimal` divides by λ1 + λ2.
    if penalty.isNone, schedule == .optimal { schedule = .constant }
    // Gradient steps must be small for samples of this length: Bottou's first is far larger. Classification forgives it.
    let initial = loss == .poisson ? 0.002 : loss == .squaredHinge ? 0.02 : 0.05
    let isSteep = ![.logistic, .hinge].contains(loss)
    let rate = LearningRate(
      schedule: schedule, initial: initial,
      offset: isSteep && schedule == .optimal ? 1 / (initial * (penalty.l1 + penalty.l2)) : nil, update: update)
    let configuration = LearnerConfiguration(
      loss: loss, lossParameters: LossParameters(quantile: 0.7, delta: 0.8, epsilon: 0.2),
      intercept: random.below(2) == 0, learningRate: rate, penalty: penalty,
      memory: ProgressiveValidation.Memory(halfLife: 100, window: 400))
    return LearnerCase(configuration: configuration, weighted: random.below(2) == 0, seed: seed)
  }

  /// Fewer of them, for tests that need variety but not each with each.
  static let some: [LearnerCase] = all.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)
}
