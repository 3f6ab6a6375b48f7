import OnlineLearning
import TestSupport
import Testing

@testable import WhittleService

/// The watch on models that really learn: none that is healthy is called diverging, and each that explodes is.
struct DivergenceTests {
  /// A linear stream of ten standardized features, and what it is to be learned with.
  struct Case: Sendable, CustomTestStringConvertible {
    var loss: Loss
    var offset = 0.0
    var noise = 0.5
    var configuration = LearnerConfiguration()
    var testDescription = ""

    init(_ loss: Loss, _ description: String, _ change: (inout Case) -> Void = { _ in }) {
      self.loss = loss
      change(&self)
      configuration.loss = loss
      testDescription = "\(loss) \(description)"
    }
  }

  /// - Returns: the steps at which the watch said something.
  private func changes(
    _ first: Case, samples: Int, then second: Case? = nil, samples more: Int = 0, seed: UInt64
  ) -> [(UInt64, DivergenceWatch.Change)] {
    var generator = SeededGenerator(seed: seed)
    // Of mean 0 and variance 1.
    func random() -> Double { Double.random(in: -1...1, using: &generator) * 3.0.squareRoot() }
    var example = first
    var model = Model(example.configuration)
    let features = (0..<10).map { model.space.intern("f\($0)") }
    var watch = DivergenceWatch()
    var changes: [(UInt64, DivergenceWatch.Change)] = []
    for sample in 1...samples + more {
      if sample == samples + 1, let second {
        example = second
        if model.configuration != second.configuration { model = model.reconfigured(second.configuration) }
      }
      var batch = SampleBatch()
      var linear = example.offset + example.noise * random()
      for feature in features {
        let value = random()
        linear += (Double(feature % 3) - 1) * value
        batch.append(feature: feature, value: Float(value))
      }
      let target =
        switch example.loss {
        case .squared, .huber, .quantile, .epsilonInsensitive: linear
        case .poisson: max(0, linear).rounded()
        case .logistic, .hinge, .squaredHinge: linear > 0 ? 1.0 : -1
        }
      batch.endRow(target: target, importance: 1)
      model.learn(batch)
      if sample % 256 == 0, let reading = DivergenceWatch.Reading(model, target: target),
        let change = watch.take(reading)
      {
        changes.append((model.steps, change))
      }
    }
    return changes
  }

  private static let healthy: [Case] = Loss.allCases.flatMap { loss in
    [
      Case(loss, "with the defaults"),
      Case(loss, "far from zero") { $0.offset = loss == .poisson ? 5 : 1000 },
      Case(loss, "far from zero without an intercept") {
        $0.offset = loss == .poisson ? 5 : 1000
        $0.configuration.intercept = false
      },
      Case(loss, "without noise, and slow") {
        $0.noise = 0
        $0.configuration.learningRate = LearningRate(schedule: .constant, initial: 1e-4)
      },
      Case(loss, "with all weights held at zero") { $0.configuration.penalty = Penalty(l1: 1e6) },
      Case(loss, "with invariant steps as large as may be") {
        $0.configuration.learningRate = LearningRate(initial: 1000, update: .invariant)
        $0.noise = 0
      },
      Case(loss, "with a memory of one sample") {
        $0.configuration.memory = ProgressiveValidation.Memory(halfLife: 1, window: 8)
      },
    ]
  }

  /// Each weight by a step size of its own, which falls where gradients are large.
  private static let adaptive: [Optimizer] = [.adagrad, .normalized, .ftrl]
  /// Losses whose slope does not grow with the error. Where it does, a step that is far too large meets gradients so large
  /// that these optimizers take small ones from then on.
  private static let withBoundedSlope: [Loss] = [.huber, .quantile, .epsilonInsensitive, .logistic, .hinge]

  private static let healthyAdaptive: [Case] = adaptive.flatMap { optimizer in
    Loss.allCases.flatMap { loss in
      var cases = [
        Case(loss, "of \(optimizer) with the defaults") { $0.configuration.optimizer = optimizer },
        Case(loss, "of \(optimizer) far from zero") {
          $0.configuration.optimizer = optimizer
          $0.offset = loss == .poisson ? 5 : 1000
        },
        Case(loss, "of \(optimizer) far from zero without an intercept") {
          $0.configuration.optimizer = optimizer
          $0.configuration.intercept = false
          $0.offset = loss == .poisson ? 5 : 1000
        },
        Case(loss, "of \(optimizer) with all weights held at zero") {
          $0.configuration.optimizer = optimizer
          $0.configuration.penalty = Penalty(l1: 1e6)
        },
      ]
      if optimizer != .ftrl {
        cases.append(
          Case(loss, "of \(optimizer) with invariant steps as large as may be") {
            $0.configuration.optimizer = optimizer
            $0.configuration.learningRate = LearningRate(initial: 1000, update: .invariant)
            $0.noise = 0
          })
      }
      if loss == .squared || loss == .squaredHinge {
        cases.append(
          Case(loss, "of \(optimizer) with first steps far too large, and then smaller ones") {
            $0.configuration.optimizer = optimizer
            $0.configuration.learningRate = LearningRate(initial: 1000, update: .gradient)
            $0.noise = 3
          })
      }
      return cases
    }
  }

  @Test(arguments: healthy + healthyAdaptive)
  func healthyModelsAreLeftInPeace(example: Case) {
    let changes = changes(example, samples: 8_000, seed: 1)
    #expect(changes.isEmpty, "\(changes)")
  }

  private static let exploding: [Case] = Loss.allCases.map { loss in
    Case(loss, "with steps far too large") {
      $0.configuration.learningRate = LearningRate(initial: loss == .squared || loss == .poisson ? 10 : 1000)
      $0.noise = 3
    }
  }

  private static let explodingAdaptive: [Case] = adaptive.flatMap { optimizer in
    withBoundedSlope.map { loss in
      Case(loss, "of \(optimizer) with steps far too large") {
        $0.configuration.optimizer = optimizer
        $0.configuration.learningRate = LearningRate(initial: 1e6, update: .gradient)
        $0.noise = 3
      }
    }
  }

  /// The mean of weights that go to and fro falls, and the loss with it.
  private static let explodingAverage = Case(.squared, "of an average with steps far too large") {
    $0.configuration.averagingStart = 10
    $0.configuration.learningRate = LearningRate(initial: 10)
    $0.noise = 3
  }

  @Test(arguments: exploding + explodingAdaptive + [explodingAverage])
  func explosionsAreTold(example: Case) {
    let changes = changes(example, samples: 8_000, seed: 1)
    #expect(changes.map(\.1) == [.began], "\(changes)")
    #expect(changes.first.map { $0.0 >= 1000 } == true, "\(changes)")
  }

  /// A model that exploded is given steps that are small enough, and finds its way back.
  @Test func recoveryIsTold() {
    // The losses of an explosion are forgotten after some two hundred half-lives.
    let exploding = Case(.squared, "exploding") {
      $0.configuration.learningRate = LearningRate(initial: 10)
      $0.configuration.memory = ProgressiveValidation.Memory(halfLife: 20)
    }
    var small = exploding
    small.configuration.learningRate = LearningRate(schedule: .constant, initial: 0.05)
    let changes = changes(exploding, samples: 5000, then: small, samples: 10_000, seed: 1)
    #expect(changes.map(\.1) == [.began, .ended], "\(changes)")
    #expect(changes.last.map { $0.0 > 5000 } == true, "\(changes)")
  }

  /// Targets whose level changes: for long the loss is far above that of a constant, but it falls.
  @Test(arguments: [(0, 1000), (1000, 0)] as [(Double, Double)])
  func adaptingModelsAreLeftInPeace(before: Double, after: Double) {
    let first = Case(.squared, "before") {
      $0.offset = before
      $0.configuration.learningRate = LearningRate(schedule: .constant, initial: 2e-4)
    }
    var second = first
    second.offset = after
    let changes = changes(first, samples: 20_000, then: second, samples: 20_000, seed: 1)
    #expect(changes.isEmpty, "\(changes)")
  }
}
