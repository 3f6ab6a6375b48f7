import OnlineLearning
import TestSupport

/// A configuration and a stream of samples, all of it decided by the seed.
struct RandomStream {
  struct Sample {
    let features: [(name: String, value: Float)]
    let target: Double
    let importance: Double
  }

  let configuration: LearnerConfiguration
  /// Messages, each of some samples.
  let messages: [[Sample]]

  /// Names that a file must bring back to the byte: composed and decomposed letters are two features.
  private static let names = [
    "a", "b", "größe", "é", "e\u{301}", "温度", "👩🏽‍🔬", "with \"quotes\" and \\", "tab\tline\n", " ", "nul\u{0}", "ns^x",
    String(repeating: "long", count: 50), "\u{2028}", "\"checksum\":\"crc32c:00000000\"", "<script>",
  ]

  init(seed: UInt64, messages count: Int) {
    var generator = SeededGenerator(seed: seed)
    let configuration = RandomStream.configuration(&generator)
    self.configuration = configuration
    messages = (0..<count).map { _ in
      (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        RandomStream.sample(configuration.loss, &generator)
      }
    }
  }

  private static func configuration(_ generator: inout SeededGenerator) -> LearnerConfiguration {
    let schedule = generator.pick(LearningRate.Schedule.allCases)
    var l1 = generator.pick([0, 0, 0.001, 0.1, 2])
    let l2 = generator.pick([0, 0, 0.0005, 0.05, 1])
    // The optimal schedule divides by the sum.
    if schedule == .optimal, l1 + l2 == 0 { l1 = 0.01 }
    var configuration = LearnerConfiguration(
      loss: generator.pick(Loss.allCases),
      lossParameters: LossParameters(
        quantile: Double.random(in: 0.05...0.95, using: &generator),
        delta: Double.random(in: 0.1...3, using: &generator), epsilon: generator.pick([0, 0.1, 2])),
      intercept: Bool.random(using: &generator),
      learningRate: LearningRate(
        schedule: schedule, initial: Double.random(in: 0.001...0.3, using: &generator),
        power: Double.random(in: 0...1, using: &generator),
        offset: Bool.random(using: &generator) ? nil : Double.random(in: 1...1000, using: &generator),
        update: generator.pick(LearningRate.Update.allCases)),
      penalty: Penalty(
        l1: l1, l2: l2, threshold: generator.pick([nil, 0.05, 1]),
        period: generator.pick([1, 1, 2, 5, 1000])),
      memory: ProgressiveValidation.Memory(
        halfLife: Double.random(in: 0.5...5000, using: &generator), window: generator.pick([8, 20, 50, 10_000])))
    if Bool.random(using: &generator) { setRatesApart(&configuration, &generator) }
    return configuration
  }

  /// Another optimizer than `sgd`, averages or penalties by feature; and what does not go together with them left out.
  private static func setRatesApart(_ configuration: inout LearnerConfiguration, _ generator: inout SeededGenerator) {
    configuration.optimizer = generator.pick(Optimizer.allCases)
    configuration.penalty.period = 1
    if configuration.optimizer != .sgd, configuration.schedule == .optimal {
      configuration.learningRate.schedule = .inverseScaling
    }
    if configuration.optimizer == .ftrl {
      configuration.learningRate.schedule = .constant
      configuration.learningRate.update = .gradient
      configuration.penalty.threshold = nil
    }
    if configuration.optimizer == .sgd { configuration.averagingStart = generator.pick([nil, 0, 20]) }
    configuration.penalty.penalize = generator.pick(Penalty.Penalize.allCases)
    if Bool.random(using: &generator) {
      configuration.penalty.factors = [("a", 0), ("e*", 3), ("größe", 0.5)].compactMap { PenaltyFactor($0.0, $0.1) }
    }
  }

  private static func sample(_ loss: Loss, _ generator: inout SeededGenerator) -> Sample {
    let features = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
      (
        generator.pick(names),
        Bool.random(using: &generator) ? 1 : Float.random(in: -3...3, using: &generator)
      )
    }
    let target =
      switch loss {
      case .squared, .huber, .quantile, .epsilonInsensitive: Double.random(in: -10...10, using: &generator)
      case .poisson: Double(Int.random(in: 0...9, using: &generator))
      case .logistic, .hinge, .squaredHinge: Bool.random(using: &generator) ? 1.0 : -1
      }
    let importance = generator.pick([1, 1, 1, 0.25, 7])
    return Sample(features: features, target: target, importance: importance)
  }

  /// The model that has learned these messages, and what it was before each of them.
  func learn() -> (model: Model, before: [Model]) {
    var model = Model(configuration)
    var before: [Model] = []
    for message in messages {
      before.append(model)
      model.learn(message)
    }
    return (model, before)
  }
}

extension Model {
  /// Learns as the daemon does: names first, then all samples of the message.
  mutating func learn(_ message: [RandomStream.Sample]) {
    var batch = SampleBatch()
    for sample in message {
      for (name, value) in sample.features {
        batch.append(feature: space.intern(name), value: value)
      }
      batch.endRow(target: sample.target, importance: sample.importance)
    }
    learn(batch)
  }
}
