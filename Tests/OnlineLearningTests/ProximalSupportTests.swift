import OnlineLearning
import TestSupport
import Testing

/// FTRL's weights leave zero when samples ask for it, and return to it when they no longer do.
@Suite struct ProximalSupportTests {
  enum After: CaseIterable {
    /// The feature has nothing to do with the target any more.
    case noise
    /// It does not come any more.
    case absence
  }

  /// The learner after 500 samples in which features 0 and 1 make the target, and after 3,500 more in which only 1 does.
  private func learned(_ after: After, l1: Double, seed: UInt64) -> (before: LinearLearner, after: LinearLearner) {
    var random = SeededGenerator(seed: seed)
    var learner = LinearLearner(
      LearnerConfiguration(optimizer: .ftrl, learningRate: LearningRate(initial: 0.1), penalty: Penalty(l1: l1)))
    learner.grow(to: 2)
    var before = learner
    for step in 0..<4000 {
      if step == 500 { before = learner }
      let values = [Float(random.normal()), Float(random.normal())]
      let target = (step < 500 ? Double(values[0]) : 0) + 2 * Double(values[1]) + 0.3 * random.normal()
      if step >= 500, after == .absence {
        learner.learn([1], [values[1]], target)
      } else {
        learner.learn([0, 1], values, target)
      }
    }
    return (before, learner)
  }

  @Test(arguments: After.allCases, [UInt64(101), 102, 103])
  func weightsReturnToZero(_ after: After, seed: UInt64) {
    let penalized = learned(after, l1: 0.1, seed: seed)
    #expect(penalized.before.coefficient(0) > 0.5, "seed=\(seed)")
    #expect(penalized.after.coefficient(0) == 0, "seed=\(seed)")
    #expect(penalized.after.coefficient(1) > 1.5, "seed=\(seed)")
    // It is λ1 that does it.
    let free = learned(after, l1: 0, seed: seed)
    #expect(free.after.coefficient(0) != 0, "seed=\(seed)")
  }

  /// And they can leave it once more.
  @Test(arguments: [UInt64(104), 105])
  func weightsLeaveZeroAgain(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var learner = learned(.noise, l1: 0.1, seed: seed).after
    #expect(learner.coefficient(0) == 0)
    for _ in 0..<4000 {
      let x = Float(random.normal())
      learner.learn([0], [x], -2 * Double(x) + 0.3 * random.normal())
    }
    #expect(learner.coefficient(0) < -0.5)
  }
}
