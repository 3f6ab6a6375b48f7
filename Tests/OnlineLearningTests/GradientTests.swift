import OnlineLearning
import TestSupport
import Testing

/// What a sample does to the learner's numbers is made of the slopes of its loss along the weights, taken here by
/// differences of the loss.
@Suite struct GradientTests {
  private struct Numbers {
    var weights: [Double]
    /// Σγ² where the optimizer keeps it, and FTRL's z.
    var squares: [Double]
    var gradients: [Double]

    init(_ learner: LinearLearner) {
      weights = (0..<learner.count).map { Double(learner.coefficient($0)) }
      squares = Self.column(.sums, of: learner)
      gradients = Self.column(.gradients, of: learner)
    }

    private static func column(_ column: WeightColumn, of learner: LinearLearner) -> [Double] {
      if case .float64(let values) = learner.column(column) { return values }
      return Array(repeating: 0, count: learner.count)
    }
  }

  @Test(arguments: Optimizer.allCases, LossFunction.examples)
  func areFiniteDifferences(_ optimizer: Optimizer, _ loss: LossFunction) {
    let seed: UInt64 = 97
    var random = SeededGenerator(seed: seed)
    let eta = 0.05
    var learner = LinearLearner(
      LearnerConfiguration(
        loss: loss.loss, lossParameters: loss.parameters, optimizer: optimizer,
        learningRate: LearningRate(schedule: .constant, initial: eta, update: .gradient), penalty: Penalty()))
    learner.grow(to: 6)
    var moved = 0
    for step in 0..<200 {
      let features = (0..<6).filter { _ in random.below(2) == 0 }.map { UInt32($0) }
      let values = features.map { _ in Float(random.uniform(0.25..<1) * random.pick([1, -1])) }
      let target = loss.loss.randomTarget(&random)
      let importance = random.uniform(0.5..<2)
      let before = Numbers(learner)
      let margin = learner.margin(features, values)
      let h = 1e-6
      if loss.kinks(target).contains(where: { abs($0 - margin) < 2 * h }) { continue }
      learner.learn(features, values, target, importance: importance)
      let after = Numbers(learner)
      for (feature, x) in zip(features.map(Int.init), values.map(Double.init)) {
        let (more, less) = (loss.oracle.value(margin + h * x, target), loss.oracle.value(margin - h * x, target))
        let slope = importance * (more - less) / (2 * h)
        let place: Comment = "\(optimizer) \(loss) step \(step) feature \(feature) seed=\(seed)"
        if optimizer == .sgd {
          #expect(abs(after.weights[feature] - before.weights[feature] + eta * slope) < 1e-6, place)
        } else {
          let tolerance = 1e-6 * max(1, slope * slope)
          #expect(abs(after.squares[feature] - before.squares[feature] - slope * slope) < tolerance, place)
        }
        if optimizer == .ftrl {
          let proximity = (after.squares[feature].squareRoot() - before.squares[feature].squareRoot()) / eta
          let expected = slope - proximity * before.weights[feature]
          #expect(abs(after.gradients[feature] - before.gradients[feature] - expected) < 1e-4, place)
        }
        if abs(slope) > 1e-3 {
          moved += 1
          // Against the slope, unless a feature's size has grown, which rescales its weight.
          let change = after.weights[feature] - before.weights[feature]
          if optimizer != .normalized { #expect(change * slope < 0, place) }
        }
      }
    }
    #expect(moved > 50, "\(optimizer) \(loss)")
  }
}
