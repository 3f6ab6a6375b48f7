import Glibc
import OnlineLearning
import TestSupport
import Testing

@Suite struct LossTests {
  @Test(arguments: Loss.allCases)
  func derivativeIsTheSlopeOfTheLoss(_ loss: Loss) {
    let seed: UInt64 = 21
    var random = SeededGenerator(seed: seed)
    let h = 1e-5
    for _ in 0..<1000 {
      let margin = 4 * random.normal()
      let target = loss == .squared ? 4 * random.normal() : random.pick([-1.0, 1])
      let slope = (loss.value(margin + h, target) - loss.value(margin - h, target)) / (2 * h)
      #expect(
        abs(loss.derivative(margin, target) - slope) < 1e-8 * max(1, abs(slope)),
        "p=\(margin) y=\(target) seed=\(seed)")
    }
  }

  @Test func knownValues() {
    #expect(Loss.squared.value(3, 1) == 2)
    #expect(Loss.squared.derivative(3, 1) == 2)
    #expect(abs(Loss.logistic.value(0, 1) - log(2)) < 1e-15)
    #expect(Loss.logistic.derivative(0, 1) == -0.5)
    #expect(Loss.logistic.derivative(0, -1) == 0.5)
    #expect(abs(Loss.logistic.value(2, -1) - log(1 + exp(2))) < 1e-15)
    #expect(Loss.squared.prediction(1.5) == 1.5)
    #expect(Loss.logistic.prediction(0) == 0.5)
    #expect(abs(Loss.logistic.prediction(log(3)) - 0.75) < 1e-15)
  }

  @Test(arguments: [1e3, 1e10, 1e38, 1e77, 1e150])
  func extremeMarginsStayFinite(_ size: Double) {
    for margin in [size, -size] {
      for loss in Loss.allCases {
        for target in loss == .squared ? [3.4e38, -3.4e38, 0] : [1, -1] {
          #expect(loss.value(margin, target).isFinite && loss.value(margin, target) >= 0)
          #expect(loss.derivative(margin, target).isFinite)
        }
      }
      #expect((0...1).contains(Loss.logistic.prediction(margin)))
    }
    // Being right costs nothing and teaches nothing; being wrong costs the margin.
    #expect(Loss.logistic.value(size, 1) == 0)
    #expect(Loss.logistic.derivative(size, 1) == 0)
    #expect(Loss.logistic.value(-size, 1) == size)
    #expect(Loss.logistic.derivative(-size, 1) == -1)
  }

  @Test(
    arguments: [
      (Loss.squared, 2.5, 2.5), (.squared, -0.0, 0), (.squared, 3.4e38, 3.4e38), (.squared, -3.4e38, -3.4e38),
      (.squared, 3.5e38, nil), (.squared, .infinity, nil), (.squared, -.infinity, nil), (.squared, .nan, nil),
      (.logistic, 1, 1), (.logistic, 0, -1), (.logistic, -0.0, -1), (.logistic, -1, -1), (.logistic, 2, nil),
      (.logistic, 0.5, nil), (.logistic, .infinity, nil), (.logistic, .nan, nil),
    ] as [(Loss, Double, Double?)])
  func normalizedTargets(_ loss: Loss, target: Double, expected: Double?) {
    #expect(loss.normalizedTarget(target) == expected)
  }
}
