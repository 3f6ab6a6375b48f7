import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// Files whose checksum agrees with them, and whose numbers are numbers, but that no learner comes to: what its rules rely
/// on does not hold of them.
struct ForgedLearnerTests {
  /// A learner of each rule.
  enum Kind: CaseIterable {
    case sgd, withoutDecay, manyEpochs, averaged, notYetAveraged, scaled, adagrad, normalized, ftrl

    var configuration: LearnerConfiguration {
      let rate = LearningRate(schedule: .constant, initial: 0.1, offset: 3, update: .gradient)
      var configuration = LearnerConfiguration(
        learningRate: rate, penalty: Penalty(l1: 0.01, l2: 0.01, threshold: 9))
      switch self {
      case .sgd: configuration.penalty.period = 2
      case .withoutDecay: configuration.penalty.l2 = 0
      // Two steps an epoch.
      case .manyEpochs: configuration.penalty.l2 = 60
      case .averaged: configuration.averagingStart = 1
      case .notYetAveraged: configuration.averagingStart = 100
      case .scaled: configuration.penalty.penalize = .scaled
      case .adagrad: configuration.optimizer = .adagrad
      case .normalized: configuration.optimizer = .normalized
      case .ftrl:
        configuration.optimizer = .ftrl
        configuration.penalty.threshold = nil
      }
      return configuration
    }
  }

  struct Forgery: Sendable, CustomTestStringConvertible {
    let kind: Kind
    let name: String
    let forge: @Sendable (CheckpointFile) -> CheckpointFile

    var testDescription: String { "\(kind), \(name)" }

    /// A tensor's element of a feature.
    static func tensor<Element: BitwiseCopyable & Sendable>(
      _ kind: Kind, _ name: String, _ element: Element, of feature: Int = 1
    ) -> Forgery {
      Forgery(kind: kind, name: "\(name) \(element)") { file in
        let bytes = withUnsafeBytes(of: element) { Array($0) }
        return file.setting(name, at: feature * bytes.count, to: bytes)
      }
    }

    static func state(_ kind: Kind, _ path: String..., to value: String) -> Forgery {
      Forgery(kind: kind, name: "\(path.joined(separator: ".")) \(value)") {
        $0.setting(["state", "learner"] + path, to: value)
      }
    }

    static func configuration(_ kind: Kind, _ path: String..., to value: String) -> Forgery {
      Forgery(kind: kind, name: "\(path.joined(separator: ".")) \(value)") {
        $0.setting(["configuration"] + path, to: value)
      }
    }
  }

  private static let uniform: [Forgery] = [
    // Owed since a time that has not come: gravity would push instead of pull.
    .tensor(.sgd, "marks", 0.0041), .tensor(.sgd, "marks", 1e300), .tensor(.withoutDecay, "marks", 1.0),
    .tensor(.sgd, "values", Float(3e38)), .tensor(.manyEpochs, "values", Float(3e38)),
    // Without decay no epoch ends.
    .tensor(.withoutDecay, "epochs", UInt32(1)), .state(.withoutDecay, "clock", "epoch", to: "1"),
    .state(.withoutDecay, "clock", "scale", to: "0.5"),
    .state(.sgd, "clock", "scale", to: "1e-300"), .state(.sgd, "clock", "scale", to: "0.5"),
    .state(.sgd, "clock", "scale", to: "0"), .state(.sgd, "clock", "scale", to: "-1"),
    .state(.sgd, "clock", "scale", to: "1.5"),
    // Time that has run backwards, or not at all: so would the pull.
    .state(.sgd, "clock", "elapsed", to: "-1"), .state(.sgd, "clock", "elapsed", to: "0"),
    .state(.sgd, "clock", "elapsed", to: "1e300"), .state(.sgd, "clock", "compensation", to: "-1"),
    .state(.sgd, "clock", "pull", to: "1e300"), .state(.withoutDecay, "clock", "pull", to: "1"),
    .state(.manyEpochs, "clock", "past", "scale", to: "-1"), .state(.manyEpochs, "clock", "past", "scale", to: "1e300"),
    .state(.manyEpochs, "clock", "past", "scale", to: "2"),
  ]

  private static let others: [Forgery] = [
    .tensor(.averaged, "sums", 1e300), .tensor(.averaged, "sums", -1e32), .tensor(.averaged, "marks", 1e300),
    .tensor(.notYetAveraged, "sums", 1e-3), .state(.notYetAveraged, "intercept_sum", to: "1"),
    .state(.averaged, "intercept_sum", to: "1e300"), .state(.averaged, "averaging_since", to: "-1"),
    .state(.averaged, "averaging_since", to: "5"), .state(.averaged, "time", "sum", to: "-1"),
    .configuration(.averaged, "averaging_start", to: "-1"),
    .tensor(.scaled, "root_mean_squares", -1 as Float), .tensor(.scaled, "root_mean_squares", Float.infinity),
    .tensor(.scaled, "values", 2e30 as Float), .tensor(.scaled, "values", Float.nan),
    .state(.scaled, "measuring_since", to: "6"),
    .tensor(.adagrad, "sums", -1.0), .tensor(.adagrad, "sums", Double.nan), .tensor(.adagrad, "marks", Double.nan),
    .tensor(.adagrad, "values", -2e30 as Float), .state(.adagrad, "intercept_sum", to: "-1"),
    .state(.adagrad, "time", "sum", to: "-1"), .state(.adagrad, "time", "compensation", to: "-9"),
    .tensor(.normalized, "sums", -1.0), .tensor(.normalized, "scales", -1 as Float),
    .tensor(.normalized, "scales", Float.nan), .state(.normalized, "squared_norm", to: "-1"),
    .state(.normalized, "importance", to: "-1"), .state(.normalized, "squared_norm", to: "1e-320"),
    .tensor(.ftrl, "sums", -1.0), .tensor(.ftrl, "sums", Double.infinity), .tensor(.ftrl, "gradients", Double.nan),
    .tensor(.ftrl, "marks", -1.0), .tensor(.ftrl, "marks", -1e308), .tensor(.ftrl, "marks", 6.0),
    .state(.ftrl, "intercept_sum", to: "-1"),
  ]

  private static let ofAll: [Forgery] = Kind.allCases.flatMap { kind in
    var forgeries: [Forgery] = [
      .state(kind, "intercept", to: "1e300"), .state(kind, "intercept", to: "-1.1e30"),
      .configuration(kind, "learning_rate", "initial", to: "-0.1"),
      .configuration(kind, "learning_rate", "initial", to: "0"),
      .configuration(kind, "learning_rate", "initial", to: "1e300"),
      .configuration(kind, "learning_rate", "power", to: "-1"), .configuration(kind, "learning_rate", "t0", to: "0"),
      .configuration(kind, "learning_rate", "beta", to: "-1"),
      .configuration(kind, "penalty", "l1", to: "-0.01"), .configuration(kind, "penalty", "l2", to: "-0.01"),
      .configuration(kind, "penalty", "l1", to: "1e300"), .configuration(kind, "penalty", "period", to: "0"),
      .configuration(kind, "loss_parameters", "delta", to: "0"),
      .configuration(kind, "loss_parameters", "epsilon", to: "-1"),
      .configuration(kind, "loss_parameters", "quantile", to: "1"),
      .configuration(kind, "loss_parameters", "quantile", to: "0"),
      .configuration(kind, "memory", "half_life", to: "0"), .configuration(kind, "memory", "window", to: "0"),
    ]
    if kind != .ftrl { forgeries.append(.configuration(kind, "penalty", "threshold", to: "0")) }
    return forgeries
  }

  @Test(arguments: uniform + others + ofAll)
  func isDetected(_ forgery: Forgery) throws {
    let directory = try TemporaryDirectory()
    let original = try CheckpointFile.sample(forgery.kind.configuration)
    let forged = forgery.forge(original)
    #expect(forged.bytes != original.bytes, "the forgery changes nothing")
    let error = try failure(reading: forged.sealed, in: directory)
    #expect(
      error?.damage?.contains("it holds a number that no learner comes to") == true,
      "\(error.map { "\($0)" } ?? "it was read")")
  }

  /// Without a forgery each is read, and so is one whose numbers are others, but possible ones.
  @Test(arguments: Kind.allCases)
  func whatIsPossibleIsRead(_ kind: Kind) throws {
    let directory = try TemporaryDirectory()
    let original = try CheckpointFile.sample(kind.configuration)
    #expect(try failure(reading: original.sealed, in: directory) == nil)
    var others: [Forgery] = [
      .state(kind, "intercept", to: "-1e30"), .state(kind, "clamped_updates", to: "77"),
      .configuration(kind, "penalty", "l1", to: "0"), .configuration(kind, "memory", "half_life", to: "1e-9"),
    ]
    switch kind {
    case .sgd, .withoutDecay, .manyEpochs:
      // The pull is that of another λ1.
      others[2] = .tensor(kind, "marks", -1.0)
      others.append(.tensor(kind, "values", Float(1e29)))
    case .averaged: others.append(.tensor(kind, "sums", -1.0))
    case .notYetAveraged, .scaled: others.append(.tensor(kind, "marks", -1e100))
    case .adagrad: others.append(.tensor(kind, "sums", 0.0))
    case .normalized: others.append(.tensor(kind, "scales", 0 as Float))
    case .ftrl: others += [.tensor(kind, "marks", 5.0), .tensor(kind, "gradients", -1e200)]
    }
    for other in others {
      let changed = other.forge(original)
      #expect(changed.bytes != original.bytes, "\(other.name) changes nothing")
      #expect(try failure(reading: changed.sealed, in: directory) == nil, "\(other.name)")
    }
  }
}
