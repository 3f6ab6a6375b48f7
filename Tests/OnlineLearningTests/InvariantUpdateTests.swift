import Glibc
import OnlineLearning
import TestSupport
import Testing

/// The importance-invariant push is what its differential equation says, however large or small its parts.
@Suite struct InvariantUpdateTests {
  struct Draw {
    var margin: Double
    var target: Double
    var amount: Double
    var curvature: Double

    /// Anything from nothing to far beyond the target, near kinks and far from them.
    init(_ loss: LossFunction, using random: inout SeededGenerator) {
      func logUniform(_ range: Range<Double>) -> Double { exp(log(10) * random.uniform(range)) }
      amount = logUniform(-9..<5)
      curvature = logUniform(-9..<5)
      let size = logUniform(-3..<3)
      switch loss.loss {
      case .poisson:
        margin = random.uniform(-30..<50)
        target = random.pick([0, 1, Double(random.below(30)), size])
      case .logistic:
        margin = random.uniform(-60..<60)
        target = random.pick([-1, 1])
      case .hinge, .squaredHinge:
        margin = random.pick([-1, 1]) * size
        target = random.pick([-1, 1])
      case .squared, .huber, .quantile, .epsilonInsensitive:
        target = random.normal() * logUniform(-3..<3)
        margin = target + random.pick([-1, 1]) * size
        // At a kink, or a hair beside it.
        if random.below(8) == 0, let kink = loss.kinks(target).first { margin = kink + random.pick([0, 1e-9, -1e-9]) }
      }
    }
  }

  /// Of the push, given what the margin's own rounding leaves open.
  private func tolerance(_ draw: Draw, _ push: Double, _ relative: Double) -> Double {
    relative * abs(push) + 1e-13 * (abs(draw.margin) + abs(draw.target)) / draw.curvature
  }

  @Test(arguments: LossFunction.examples, [UInt64(61), 62])
  func solvesItsDifferentialEquation(_ loss: LossFunction, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var compared = 0
    for _ in 0..<1500 {
      let draw = Draw(loss, using: &random)
      let push = loss.invariantPush(draw.margin, draw.target, amount: draw.amount, curvature: draw.curvature)
      // Where the way to rest is a very fast one, explicit steps take forever: the next test looks at those.
      let stiffness = loss.loss == .poisson ? draw.target : 2
      if draw.amount * draw.curvature * stiffness > 500, loss.rest(from: draw.margin, draw.target) != nil { continue }
      let oracle = loss.oracle
      let integrator = FlowIntegrator(
        slope: { oracle.derivative($0, draw.target) }, margin: draw.margin, curvature: draw.curvature)
      let expected = try #require(integrator.push(amount: draw.amount), "\(loss) \(draw) seed=\(seed)")
      #expect(abs(push - expected) <= tolerance(draw, expected, 1e-8), "\(loss) \(draw) seed=\(seed)")
      compared += 1
    }
    #expect(compared > 800, "\(loss)")
  }

  /// The same against the oracle's bisection, which takes amounts of any size.
  @Test(arguments: LossFunction.examples, [UInt64(63), 64])
  func agreesWithTheOracle(_ loss: LossFunction, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<4000 {
      let draw = Draw(loss, using: &random)
      let push = loss.invariantPush(draw.margin, draw.target, amount: draw.amount, curvature: draw.curvature)
      let expected = loss.oracle.invariantPush(
        draw.margin, draw.target, amount: draw.amount, curvature: draw.curvature)
      // The oracle takes differences of times, which cancel where the margin hardly moves or rests.
      let tolerance = 1e-7
      if abs(expected) * draw.curvature < 1e-6 * (abs(draw.margin) + abs(draw.target)) { continue }
      #expect(abs(push - expected) <= self.tolerance(draw, expected, tolerance), "\(loss) \(draw) seed=\(seed)")
    }
  }

  @Test(arguments: LossFunction.examples, [UInt64(65), 66])
  func pushesAddUp(_ loss: LossFunction, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<3000 {
      let draw = Draw(loss, using: &random)
      let parts = (0...random.below(5)).map { _ in draw.amount * random.unit() }
      var sum = 0.0
      for part in parts {
        sum += loss.invariantPush(
          draw.margin - sum * draw.curvature, draw.target, amount: part, curvature: draw.curvature)
      }
      let once = loss.invariantPush(
        draw.margin, draw.target, amount: parts.reduce(0, +), curvature: draw.curvature)
      #expect(abs(sum - once) <= 10 * tolerance(draw, once, 1e-12), "\(loss) \(draw) parts=\(parts) seed=\(seed)")
    }
  }

  /// Also with steps that would go 10¹⁰⁰ times too far, or samples without length.
  @Test(arguments: LossFunction.examples, [UInt64(67), 68])
  func neverOvershoots(_ loss: LossFunction, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for round in 0..<5000 {
      var draw = Draw(loss, using: &random)
      if round % 2 == 0 {
        draw.amount = exp(random.uniform(-200..<200))
        draw.curvature = exp(random.uniform(-200..<200))
      }
      if round % 3 == 0, !loss.loss.isClassification, loss.loss != .poisson {
        // Everything in tiny units, or huge ones.
        let scale = exp(random.uniform(-60..<60))
        draw.margin *= scale
        draw.target *= scale
      }
      let push = loss.invariantPush(draw.margin, draw.target, amount: draw.amount, curvature: draw.curvature)
      #expect(push.isFinite, "\(loss) \(draw) seed=\(seed)")
      #expect(push * loss.oracle.derivative(draw.margin, draw.target) >= 0, "direction, \(loss) \(draw) seed=\(seed)")
      guard let rest = loss.rest(from: draw.margin, draw.target) else { continue }
      let moved = draw.margin - push * draw.curvature
      let beyond = (moved - rest) * (draw.margin < rest ? 1 : -1)
      let rounding = 1e-15 * (abs(draw.margin) + abs(draw.target) + abs(rest))
      if push != 0 { #expect(beyond <= rounding, "\(loss) \(draw) moved=\(moved) seed=\(seed)") }
    }
  }

  @Test(arguments: LossFunction.examples, [UInt64(69), 70])
  func smallStepsAreTheGradients(_ loss: LossFunction, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      var draw = Draw(loss, using: &random)
      // How fast the slope itself changes on the way.
      let bend = loss.loss == .poisson ? exp(draw.margin) + draw.target : 2
      let rest = loss.rest(from: draw.margin, draw.target)
      let distance = rest.map { abs($0 - draw.margin) } ?? .infinity
      let slope = loss.oracle.derivative(draw.margin, draw.target)
      let share = exp(random.uniform(-12 ..< -3))
      draw.amount = share * min(1 / bend, distance / abs(slope)) / draw.curvature
      guard draw.amount.isFinite, draw.amount > 0, slope != 0 else { continue }
      let push = loss.invariantPush(draw.margin, draw.target, amount: draw.amount, curvature: draw.curvature)
      let gradient = draw.amount * slope
      #expect(abs(push / gradient - 1) <= 2 * share + 1e-9, "\(loss) \(draw) seed=\(seed)")
    }
  }

  /// Nothing to move along, or nothing to learn, and numbers at the ends of their range.
  @Test(arguments: LossFunction.examples)
  func edges(_ loss: LossFunction) {
    let targets: [Double] =
      loss.loss.isClassification ? [1, -1] : [3.4e38, 1, 1e-45, 0] + (loss.loss == .poisson ? [] : [-3.4e38])
    for margin in [1e77, 3.4e38, 1000, 710, 500, 88, 1, 0, -1, -100, -745, -1000, -3.4e38, -1e77] {
      for target in targets {
        #expect(loss.invariantPush(margin, target, amount: 0, curvature: 1) == 0)
        for amount in [1e-60, 1, 1e47] {
          for curvature in [0, 1e-90, 1e-20, 1, 1000, 2000, 1e80] {
            let push = loss.invariantPush(margin, target, amount: amount, curvature: curvature)
            #expect(push.isFinite, "\(loss) p=\(margin) y=\(target) a=\(amount) q=\(curvature)")
            #expect(
              abs(push) <= amount * abs(loss.derivative(margin, target)) * (1 + 1e-12)
                || loss.loss == .poisson && margin > 88,
              "further than the gradient: \(loss) p=\(margin) y=\(target) a=\(amount) q=\(curvature)")
          }
        }
      }
    }
  }

  /// Far out on the wrong side the slope is 1 until the classes' boundary is near; there the advance is logarithmic.
  @Test func logisticFromFarAway() {
    let loss = LossFunction(.logistic)
    #expect(loss.invariantPush(-1000, 1, amount: 500, curvature: 1) == -500)
    // d + e^(d − 1000) = 2000.
    let expected = 1000 + log(1000 - log(1000.0))
    let push = loss.invariantPush(-1000, 1, amount: 2000, curvature: 1)
    #expect(abs(-push - expected) < 1e-4)
    let advance = -push
    #expect(abs(advance + exp(advance - 1000) - 2000) < 1e-8)
  }
}
