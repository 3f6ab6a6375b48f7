import OnlineLearning
import Testing

@testable import WhittleService

/// What does not go together is told apart, and mended one by one.
struct LearnerContradictionTests {
  private static func example(_ contradiction: LearnerConfiguration.Contradiction) -> LearnerConfiguration {
    var learner = LearnerConfiguration()
    switch contradiction {
    case .optimalWithoutPenalty:
      learner.learningRate.schedule = .optimal
      learner.penalty = Penalty()
    case .optimalAndOptimizer:
      learner.learningRate.schedule = .optimal
      learner.optimizer = .normalized
    case .ftrlAndSchedule:
      learner.learningRate.schedule = .inverseScaling
      learner.optimizer = .ftrl
    case .ftrlAndInvariant:
      learner.learningRate.update = .invariant
      learner.optimizer = .ftrl
    case .ftrlAndThreshold:
      learner.penalty.threshold = 1
      learner.optimizer = .ftrl
    case .periodAndRates:
      learner.penalty.period = 2
      learner.penalty.penalize = .scaled
    case .averagingAndOptimizer:
      learner.averagingStart = 0
      learner.optimizer = .adagrad
    case .repeatedFactor:
      learner.penalty.factors = ["a", "b", "b"].compactMap { PenaltyFactor($0, 1) }
    case .tooManyFactors:
      learner.penalty.factors = (0..<256).compactMap { PenaltyFactor("f\($0)", 1) }
    }
    return learner
  }

  @Test(arguments: LearnerConfiguration.Contradiction.allCases)
  func isMendedWhereItIsReported(contradiction: LearnerConfiguration.Contradiction) {
    var learner = Self.example(contradiction)
    #expect(learner.contradiction == contradiction)
    #expect(contradiction.problem(of: learner).hasPrefix("found "))
    var settings = Settings()
    settings.learner = learner
    let blamed = SettingTable.byKey[contradiction.keys[0]]
    #expect(blamed?.read(settings) != blamed?.read(Settings()))
    #expect(contradiction.keys.allSatisfy { SettingTable.byKey[$0] != nil })
    contradiction.mend(&learner)
    #expect(learner.contradiction == nil)
    settings.learner = learner
    #expect(blamed?.read(settings) == blamed?.read(Settings()), "only what was reported is mended")
  }

  /// The number that the message of too many factors names is the one that holds.
  @Test(arguments: [(255, nil), (256, .tooManyFactors)] as [(Int, LearnerConfiguration.Contradiction?)])
  func mostFactors(count: Int, contradiction: LearnerConfiguration.Contradiction?) {
    var learner = LearnerConfiguration()
    learner.penalty.factors = (0..<count).compactMap { PenaltyFactor("f\($0)", Double($0)) }
    #expect(learner.contradiction == contradiction)
    #expect(
      contradiction?.problem(of: learner).hasPrefix("found 256 factors, and a model tells at most 255 apart") != false)
  }

  @Test func whatGoesTogether() throws {
    for flags: [String: [String]] in [
      ["model.optimizer": ["ftrl"], "learning_rate.schedule": ["constant"], "learning_rate.update": ["gradient"]],
      ["model.optimizer": ["adagrad"], "penalty.threshold": ["1"], "learning_rate.update": ["invariant"]],
      ["model.optimizer": ["normalized"], "learning_rate.schedule": ["inverse_scaling"]],
      ["learning_rate.average_from": ["0"], "learning_rate.schedule": ["optimal"], "penalty.penalize": ["scaled"]],
      ["penalty.factors": ["age=0,age*=0"], "penalty.threshold": ["1"], "penalty.period": ["1"]],
    ] {
      _ = try LoadedSettings(file: nil, environment: [:], flags: flags)
    }
  }

  @Test func factorsAreSplitAtTheLastSign() throws {
    let loaded = try LoadedSettings(
      file: ("penalty:\n  factors: [a=b=0.5, \"with, comma=1e-3\", \"x*=0\"]\n", "f"), environment: [:], flags: [:])
    let expected = [("a=b", 0.5), ("with, comma", 0.001), ("x*", 0)].compactMap { PenaltyFactor($0.0, $0.1) }
    #expect(loaded.settings.learner.penalty.factors == expected && expected.count == 3)
    let none = try LoadedSettings(file: ("penalty:\n  factors: []\n", "f"), environment: [:], flags: [:])
    #expect(none.settings == Settings())
    let overridden = try LoadedSettings(
      file: ("penalty:\n  factors: [a=1]\n", "f"), environment: ["WHITTLED_PENALTY_FACTORS": ""], flags: [:])
    #expect(overridden.settings == Settings())
    #expect(overridden.origin(of: "penalty.factors") == .environment)
  }
}
