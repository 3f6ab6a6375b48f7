import OnlineLearning
import TestSupport

extension LearnerCase {
  /// Where weights have rates, units, shares or a mean of their own.
  enum Kind: CaseIterable {
    case averaged, scaled, adagrad, normalized, ftrl

    var optimizer: Optimizer {
      switch self {
      case .averaged, .scaled: .sgd
      case .adagrad: .adagrad
      case .normalized: .normalized
      case .ftrl: .ftrl
      }
    }
  }

  /// Losses, kinds and penalties, each with each, twice; the rest by the seed. A test looks at what that covers.
  static let optimizers: [LearnerCase] = {
    var cases: [LearnerCase] = []
    for loss in Loss.allCases {
      for kind in Kind.allCases {
        var (l1, l2) = penalties(for: loss)
        // What is enough for some weights of the others leaves FTRL none.
        if kind == .ftrl, loss == .poisson { l1 /= 4 }
        for (l1, l2) in [(0, 0), (l1, 0), (0, l2), (l1, l2)] {
          // FTRL has no θ; without gravity it has no meaning.
          for threshold in l1 > 0 && kind != .ftrl ? [nil, 0.2] : [nil] {
            for _ in 1...2 {
              let penalty = Penalty(l1: l1, l2: l2, threshold: threshold)
              cases.append(optimizerCase(loss, kind, penalty, turn: cases.count))
            }
          }
        }
      }
    }
    return cases
  }()

  /// Fewer of them, for tests that need variety but not each with each.
  static let someOptimizers: [LearnerCase] = optimizers.enumerated().filter { $0.offset % 5 == 0 }.map(\.element)

  /// Of all forms that a pattern has, with features that several of them mean.
  static let factors: [PenaltyFactor] =
    [("feature 3", 0), ("feature 1*", 0.5), ("feature 12*", 2), ("feature 12", 0), ("feature 4*", 0)]
    .compactMap { PenaltyFactor($0.0, $0.1) }

  private static func optimizerCase(_ loss: Loss, _ kind: Kind, _ penalty: Penalty, turn: Int) -> LearnerCase {
    let seed = UInt64(6000 + turn)
    var random = SeededGenerator(seed: seed)
    var penalty = penalty
    penalty.penalize = kind == .scaled || random.below(2) == 0 ? .scaled : .raw
    penalty.factors = random.below(2) == 0 ? factors : []
    if kind == .scaled, !penalty.factors.isEmpty, random.below(2) == 0 { penalty.penalize = .raw }
    let isSteep = loss == .poisson || loss == .squaredHinge
    let initial: Double
    var schedules: [LearningRate.Schedule] = [.constant, .inverseScaling]
    switch kind {
    case .averaged, .scaled:
      initial = loss == .poisson ? 0.002 : loss == .squaredHinge ? 0.02 : 0.05
      if !penalty.isNone { schedules.append(.optimal) }
    case .adagrad: initial = isSteep ? 0.05 : 0.1
    case .normalized: initial = isSteep ? 0.1 : 0.3
    case .ftrl:
      initial = isSteep ? 0.05 : 0.1
      schedules = [.constant]
    }
    let schedule = random.pick(schedules)
    let configuration = LearnerConfiguration(
      loss: loss, lossParameters: LossParameters(quantile: 0.7, delta: 0.8, epsilon: 0.2),
      intercept: random.below(2) == 0, optimizer: kind.optimizer,
      learningRate: LearningRate(
        schedule: schedule, initial: initial,
        offset: schedule == .optimal ? 1 / (initial * (penalty.l1 + penalty.l2)) : nil,
        update: kind == .ftrl ? .gradient : random.pick(LearningRate.Update.allCases), beta: random.pick([0, 0.5, 1])),
      averagingStart: kind == .averaged ? random.pick([0, 1, 300]) : nil, penalty: penalty,
      memory: ProgressiveValidation.Memory(halfLife: 100, window: 400))
    return LearnerCase(configuration: configuration, weighted: turn % 2 == 0, seed: seed)
  }
}
