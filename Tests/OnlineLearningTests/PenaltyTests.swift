import Glibc
import OnlineLearning
import TestSupport
import Testing

/// Shrinkage is the exact solution of its differential equation, and so a flow.
@Suite struct PenaltyTests {
  static let penalties: [Penalty] = [
    Penalty(l1: 0.3, l2: 0),
    Penalty(l1: 0, l2: 0.7),
    Penalty(l1: 0.3, l2: 0.7),
    Penalty(l1: 0.3, l2: 1e-9),
    Penalty(l1: 0.3, l2: 0, threshold: 0.5),
    Penalty(l1: 0.3, l2: 0.7, threshold: 0.5),
    Penalty(l1: 0.3, l2: 0.7, threshold: 4),
    Penalty(l1: 2, l2: 1e-3, threshold: 0.9),
    Penalty(),
  ]

  @Test(arguments: penalties, [UInt64(1), 2, 3])
  func isAFlow(_ penalty: Penalty, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let weight = random.normal()
      let (a, b) = (random.uniform(0..<2), random.uniform(0..<2))
      let twice = penalty.shrink(penalty.shrink(weight, over: a), over: b)
      let once = penalty.shrink(weight, over: a + b)
      #expect(abs(twice - once) <= 1e-12 * max(1, abs(weight)), "w=\(weight) a=\(a) b=\(b) seed=\(seed)")
    }
  }

  @Test(arguments: penalties, [UInt64(4), 5])
  func keepsTheSignAndNeverGrows(_ penalty: Penalty, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let weight = random.normal() * exp(random.uniform(-30..<30))
      let time = exp(random.uniform(-20..<20))
      let shrunk = penalty.shrink(weight, over: time)
      #expect(abs(shrunk) <= abs(weight) && shrunk * weight >= 0, "w=\(weight) time=\(time) seed=\(seed)")
      #expect(penalty.shrink(-weight, over: time) == -shrunk, "w=\(weight) time=\(time) seed=\(seed)")
      #expect(penalty.shrink(weight, over: 0) == weight, "w=\(weight) seed=\(seed)")
      #expect(penalty.shrink(0, over: time) == 0, "time=\(time) seed=\(seed)")
    }
  }

  /// Without decay: Langford, Li and Zhang's T1(v, α, θ), equation 6, to the bit.
  @Test(arguments: [nil, 0.5], [UInt64(6), 7])
  func withoutDecayItIsLangfordsTruncation(threshold: Double?, seed: UInt64) {
    let penalty = Penalty(l1: 0.25, l2: 0, threshold: threshold)
    let theta = threshold ?? .infinity
    var random = SeededGenerator(seed: seed)
    var values = (0..<2000).map { _ in random.normal() }
    values += [0.5, -0.5, 0.5.nextUp, -0.5.nextUp, 0.5.nextDown, 0.25, -0.25, 0]
    for value in values {
      let time = random.uniform(0..<2)
      let alpha = 0.25 * time
      let truncated =
        0 <= value && value <= theta
        ? max(0, value - alpha) : -theta <= value && value <= 0 ? min(0, value + alpha) : value
      #expect(penalty.shrink(value, over: time) == truncated, "v=\(value) time=\(time) seed=\(seed)")
    }
  }

  @Test func withoutGravityItIsWeightDecay() {
    let penalty = Penalty(l1: 0, l2: 0.5)
    #expect(penalty.shrink(2, over: 4) == 2 * exp(-2))
    #expect(penalty.shrink(-2, over: 4) == -2 * exp(-2))
  }

  @Test func thresholdIsCrossedOnTheWay() {
    // From 2 to θ = 1 in ln 2 of pure decay; then (1 + 3) e^(−s) − 3, which is zero at s = ln 4/3.
    let penalty = Penalty(l1: 3, l2: 1, threshold: 1)
    #expect(abs(penalty.shrink(2, over: log(2)) - 1) < 1e-15)
    #expect(abs(penalty.shrink(2, over: log(2) + 0.1) - (4 * exp(-0.1) - 3)) < 1e-14)
    #expect(penalty.shrink(2, over: log(2) + log(4.0 / 3) + 1e-9) == 0)
    #expect(abs(penalty.shrink(2, over: 0.5) - 2 * exp(-0.5)) < 1e-15)
  }

  @Test(arguments: penalties)
  func agreesWithTheOracle(_ penalty: Penalty) {
    var random = SeededGenerator(seed: 8)
    for _ in 0..<2000 {
      let (weight, time) = (3 * random.normal(), random.uniform(0..<4))
      let expected = EagerFlow(penalty).weight(weight, after: time)
      // With λ2 = 1e-9 the oracle takes the difference of numbers about λ1/λ2.
      let tolerance = penalty.l2 == 1e-9 ? 1e-6 : 1e-12
      #expect(abs(penalty.shrink(weight, over: time) - expected) < tolerance, "w=\(weight) time=\(time)")
    }
  }

  /// The oracle itself, held against the differential equation: small steps of the classical Runge-Kutta method.
  @Test(arguments: penalties, [2.5, 0.95, 0.3, -1.7])
  func oracleSolvesTheDifferentialEquation(_ penalty: Penalty, start: Double) {
    func slope(_ w: Double) -> Double {
      let sign: Double = w > 0 ? 1 : w < 0 ? -1 : 0
      return -penalty.l2 * w - (abs(w) <= penalty.threshold ?? .infinity ? penalty.l1 * sign : 0)
    }
    let h = 1e-4
    var weight = start
    for step in 1...30_000 {
      let k1 = slope(weight)
      let k2 = slope(weight + h / 2 * k1)
      let k3 = slope(weight + h / 2 * k2)
      let k4 = slope(weight + h * k3)
      let next = weight + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
      // Zero absorbs; a step that passes it ends there.
      weight = next * start > 0 ? next : 0
      if step % 3000 == 0 {
        let exact = EagerFlow(penalty).weight(start, after: Double(step) * h)
        // The only error above rounding is of the one step across θ and the one into zero.
        #expect(abs(weight - exact) < 2 * h * (penalty.l1 + 1e-6), "w=\(start) time=\(Double(step) * h)")
      }
    }
  }

  @Test func extremeNumbersStayFinite() {
    for penalty in Self.penalties + [
      Penalty(l1: 1e30, l2: 1e30), Penalty(l1: 1e-300, l2: 1e-300, threshold: 1e-300),
    ] {
      for weight in [3.4e38, -3.4e38, 1e-45, Double.leastNonzeroMagnitude] {
        for time in [0, 1e-300, 1, 1e300] {
          #expect(penalty.shrink(weight, over: time).isFinite, "\(penalty) w=\(weight) time=\(time)")
        }
      }
    }
  }
}
