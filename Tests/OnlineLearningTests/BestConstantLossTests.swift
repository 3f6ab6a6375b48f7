import Glibc
import OnlineLearning
import TestSupport
import Testing

/// The loss that a model must beat: of the best constant margin in hindsight.
@Suite struct BestConstantLossTests {
  private func reported(_ targets: [(target: Double, weight: Double)], _ loss: LossFunction) throws -> Double {
    var validation = ProgressiveValidation(loss.loss)
    for (target, weight) in targets { validation.record(0, target, importance: weight, loss, .init()) }
    return try #require(validation.overall(loss)).bestConstantLoss
  }

  @Test(arguments: LossFunction.examples, [UInt64(91), 92, 93, 94])
  func agreesWithASearch(_ loss: LossFunction, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for count in [1, 2, 3, 10, 400] {
      // Symmetric, one-sided, in a few clumps, and of all sizes.
      let shape = random.below(4)
      let scale = random.pick([0.01, 1, 50])
      let targets = (0..<count).map { _ in
        var target = loss.loss.randomTarget(&random)
        if !loss.loss.isClassification, loss.loss != .poisson {
          switch shape {
          case 1: target = scale * exp(random.normal())
          case 2: target = scale * random.pick([-1, 0, 1])
          case 3: target = random.pick([-1, 1]) * exp(random.uniform(-20..<10))
          default: target *= scale
          }
        }
        return (target: target, weight: random.pick([1, 1, random.uniform(0.1..<3)]))
      }
      let oracle = ValidationOracle(
        records: targets.map { (.init(margin: 0, prediction: 0, target: $0.target, importance: 1), $0.weight) },
        loss: loss.oracle)
      let best = oracle.bestConstantLoss(in: oracle.constants(loss.loss))
      let got = try reported(targets, loss)
      let comment: Comment = "\(loss) n=\(count) shape=\(shape) scale=\(scale) seed=\(seed)"
      switch loss.loss {
      case .huber, .quantile, .epsilonInsensitive:
        // Targets are rounded, on the mean by at most 1/64 of their size, and to the mean of their bin: the loss of a mean
        // is at most the mean of the losses.
        let steepest: Double =
          switch loss.loss {
          case .huber: loss.parameters.delta
          case .quantile: max(loss.parameters.quantile, 1 - loss.parameters.quantile)
          default: 1
          }
        let size = targets.reduce(0) { $0 + $1.weight * abs($1.target) } / oracle.weight
        #expect(got <= best + 1e-9 * size, "\(got) above \(best), \(comment)")
        #expect(got >= best - steepest * size / 64 - 1e-12, "\(got) below \(best), \(comment)")
      default:
        #expect(abs(got - best) <= 1e-8 * max(1, abs(best)), "\(got) instead of \(best), \(comment)")
      }
    }
  }

  /// The best constant lies between the targets.
  @Test func betweenTargets() throws {
    let targets = [(target: -1.0, weight: 1.0), (1, 1)]
    #expect(abs(try reported(targets, LossFunction(.huber, LossParameters(delta: 10))) - 0.5) < 1e-9)
    #expect(abs(try reported(targets, LossFunction(.epsilonInsensitive, LossParameters(epsilon: 1.5)))) < 1e-9)
    #expect(abs(try reported(targets, LossFunction(.epsilonInsensitive, LossParameters(epsilon: 0.5))) - 0.5) < 1e-9)
  }

  /// Worked out by hand.
  @Test func closedForms() throws {
    let classes = [(target: 1.0, weight: 1.0), (-1, 3)]
    #expect(abs(try reported(classes, LossFunction(.hinge)) - 0.5) < 1e-15)
    #expect(abs(try reported(classes, LossFunction(.squaredHinge)) - 0.75) < 1e-15)
    #expect(abs(try reported(classes, LossFunction(.logistic)) - (0.25 * log(4) + 0.75 * log(4.0 / 3))) < 1e-15)
    #expect(try reported([(1, 2), (1, 5)], LossFunction(.logistic)) == 0)
    #expect(try reported([(0, 2), (0, 5)], LossFunction(.poisson)) == 0)
    #expect(abs(try reported([(1, 1), (5, 1)], LossFunction(.poisson)) - (3 - 3 * log(3))) < 1e-15)
    #expect(abs(try reported([(1, 1), (5, 3)], LossFunction(.squared)) - 1.5) < 1e-15)
  }
}
