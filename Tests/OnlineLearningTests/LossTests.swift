import Glibc
import OnlineLearning
import TestSupport
import Testing

@Suite struct LossTests {
  @Test(arguments: LossFunction.examples)
  func derivativeIsTheSlopeOfTheLoss(_ loss: LossFunction) {
    let seed: UInt64 = 21
    var random = SeededGenerator(seed: seed)
    let h = 1e-5
    for _ in 0..<2000 {
      let margin = 4 * random.normal()
      let target = loss.loss.randomTarget(&random)
      if loss.kinks(target).contains(where: { abs($0 - margin) < 2 * h }) { continue }
      let slope = (loss.value(margin + h, target) - loss.value(margin - h, target)) / (2 * h)
      #expect(
        abs(loss.derivative(margin, target) - slope) < 1e-8 * max(1, abs(slope), abs(loss.value(margin, target))),
        "\(loss) p=\(margin) y=\(target) seed=\(seed)")
    }
  }

  /// Beside its kinks a slope is that of the side; at a kink across which the loss has slopes of both signs, or of one
  /// and zero, it is zero.
  @Test(arguments: LossFunction.examples)
  func slopesAtKinks(_ loss: LossFunction) {
    for target in loss.loss.isClassification ? [-1.0, 1] : [-3, 0, 2.5] {
      for kink in loss.kinks(target) {
        let (below, above) = (loss.derivative(kink - 1e-9, target), loss.derivative(kink + 1e-9, target))
        let here = loss.derivative(kink, target)
        #expect((below - 1e-8...above + 1e-8).contains(here), "\(loss) y=\(target) kink=\(kink)")
        // 0.1 + 2.5 and such are not to the bit where the slope jumps.
        if below * above <= 0, target == 0 || loss.kinks(target) == [target] { #expect(abs(here) < 1e-8) }
      }
    }
  }

  @Test(arguments: LossFunction.examples)
  func agreesWithTheOracle(_ loss: LossFunction) {
    let seed: UInt64 = 22
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let margin = exp(random.uniform(-3..<4)) * random.pick([1, -1])
      let target = loss.loss.randomTarget(&random)
      let (value, expected) = (loss.value(margin, target), loss.oracle.value(margin, target))
      #expect(abs(value - expected) <= 1e-12 * max(1, abs(expected)), "\(loss) p=\(margin) y=\(target) seed=\(seed)")
      let (slope, expectedSlope) = (loss.derivative(margin, target), loss.oracle.derivative(margin, target))
      #expect(
        abs(slope - expectedSlope) <= 1e-12 * max(1, abs(expectedSlope)), "\(loss) p=\(margin) y=\(target) seed=\(seed)"
      )
    }
  }

  /// Worked out by hand.
  @Test(
    arguments: [
      (.squared, 3, 1, 2, 2), (.squared, 1, 3, 2, -2), (.huber, 1.5, 1, 0.125, 0.5), (.huber, 4, 1, 4, 2),
      (.huber, -4, 1, 8, -2), (.huber, 3, 1, 2, 2), (.quantile, 1, 3, 1.5, -0.75), (.quantile, 3, 1, 0.5, 0.25),
      (.quantile, 2, 2, 0, 0), (.epsilonInsensitive, 1.25, 1, 0, 0), (.epsilonInsensitive, 1.5, 1, 0, 0),
      (.epsilonInsensitive, 3, 1, 1.5, 1), (.epsilonInsensitive, -1, 1, 1.5, -1), (.poisson, 0, 3, 1, -2),
      (.poisson, 0, 0, 1, 1), (.poisson, 0, 1, 1, 0), (.logistic, 0, 1, 0.6931471805599453, -0.5),
      (.logistic, 0, -1, 0.6931471805599453, 0.5), (.logistic, 2, -1, 2.1269280110429727, 0.8807970779778823),
      (.hinge, 0.25, 1, 0.75, -1), (.hinge, 0.25, -1, 1.25, 1), (.hinge, 1, 1, 0, 0), (.hinge, -2, -1, 0, 0),
      (.squaredHinge, 0.5, 1, 0.25, -1), (.squaredHinge, 0.5, -1, 2.25, 3), (.squaredHinge, 1, 1, 0, 0),
      (.squaredHinge, 2, 1, 0, 0),
    ] as [(Loss, Double, Double, Double, Double)])
  func knownValues(_ loss: Loss, margin: Double, target: Double, value: Double, slope: Double) {
    let function = LossFunction(loss, LossParameters(quantile: 0.75, delta: 2, epsilon: 0.5))
    #expect(abs(function.value(margin, target) - value) < 1e-15)
    #expect(abs(function.derivative(margin, target) - slope) < 1e-15)
  }

  @Test func predictions() {
    #expect(Loss.logistic.prediction(0) == 0.5)
    #expect(abs(Loss.logistic.prediction(log(3)) - 0.75) < 1e-15)
    #expect(Loss.poisson.prediction(0) == 1)
    #expect(abs(Loss.poisson.prediction(log(3)) - 3) < 1e-15)
    #expect(Loss.poisson.prediction(1000) == Double(Float.greatestFiniteMagnitude))
    for loss in Loss.allCases where loss != .logistic && loss != .poisson { #expect(loss.prediction(1.5) == 1.5) }
  }

  @Test(arguments: [1e3, 1e10, 1e38, 1e77, 1e150], LossFunction.examples)
  func extremeMarginsStayFinite(_ size: Double, _ loss: LossFunction) {
    let targets: [Double] =
      loss.loss.isClassification ? [1, -1] : loss.loss == .poisson ? [3.4e38, 1, 1e-45, 0] : [3.4e38, -3.4e38, 0]
    for margin in [size, -size] {
      for target in targets {
        let value = loss.value(margin, target)
        #expect(value.isFinite && (value >= 0 || loss.loss == .poisson), "\(loss) p=\(margin) y=\(target)")
        #expect(loss.derivative(margin, target).isFinite, "\(loss) p=\(margin) y=\(target)")
      }
      let prediction = loss.loss.prediction(margin)
      #expect(prediction.isFinite)
      if loss.loss == .logistic { #expect((0...1).contains(prediction)) }
      if loss.loss == .poisson { #expect(prediction >= 0) }
    }
  }

  /// Being right costs nothing and teaches nothing; being wrong costs the margin.
  @Test(arguments: [1e3, 1e10, 1e77], [Loss.logistic, .hinge])
  func classificationFarOut(_ size: Double, _ loss: Loss) {
    let function = LossFunction(loss)
    #expect(function.value(size, 1) == 0)
    #expect(function.derivative(size, 1) == 0)
    #expect(abs(function.value(-size, 1) / size - 1) <= 1e-3)
    #expect(function.derivative(-size, 1) == -1)
  }

  private static let requirements: [(losses: [Loss], says: String, targets: [(Double, Double?)])] = [
    (
      [.squared, .huber, .quantile, .epsilonInsensitive], "a finite number of at most 3.4e38 either way",
      [(2.5, 2.5), (-0.0, 0), (-7, -7), (3.4e38, 3.4e38), (-3.4e38, -3.4e38), (3.5e38, nil), (-3.5e38, nil)]
    ),
    (
      [.poisson], "from 0 to 3.4e38",
      [(0, 0), (-0.0, 0), (2.5, 2.5), (3.4e38, 3.4e38), (-1, nil), (-1e-300, nil), (3.5e38, nil)]
    ),
    (
      [.logistic, .hinge, .squaredHinge], "1 for one class and 0 or -1 for the other",
      [(1, 1), (0, -1), (-0.0, -1), (-1, -1), (2, nil), (0.5, nil), (-2, nil)]
    ),
  ]

  @Test func normalizedTargets() {
    #expect(Self.requirements.flatMap(\.losses).count == Loss.allCases.count)
    for (losses, requirement, targets) in Self.requirements {
      for loss in losses {
        #expect(loss.isClassification == (losses.count == 3))
        #expect(loss.targetRequirement == requirement)
        for (target, expected) in targets + [(.infinity, nil), (-.infinity, nil), (.nan, nil)] {
          #expect(loss.normalizedTarget(target) == expected, "\(loss) y=\(target)")
        }
      }
    }
  }
}
