import Foundation
import Glibc
import TestSupport
import Testing

@testable import OnlineLearning

@Suite struct ShrinkageClockTests {
  /// With these the pull is the time that has passed.
  private static func time(period: Int = 1) -> Penalty { Penalty(l1: 1, l2: 0, period: period) }

  /// Many steps of all sizes, against their sum in integers of 2^−80, which is exact.
  @Test(arguments: [UInt64(31), 32])
  func sumIsRoundedOnce(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var clock = ShrinkageClock()
    var exact = UInt128(0)
    for _ in 0..<200_000 {
      // 53 bits of mantissa down from 2^−16 at least end above 2^−80.
      let step = exp(random.uniform(-9..<0))
      exact += UInt128(step * 0x1p80)
      clock.advance(by: step, Self.time())
    }
    #expect(clock.pull == Double(exact) * 0x1p-80, "seed=\(seed)")
  }

  /// Steps that are lost one by one in a plain sum still count.
  @Test func smallStepsAfterALargeOneCount() {
    var clock = ShrinkageClock()
    clock.advance(by: 0x1p60, Self.time())
    for _ in 0..<1024 { clock.advance(by: 1, Self.time()) }
    #expect(clock.pull == 0x1p60 + 1024)
    clock = ShrinkageClock()
    for _ in 0..<1024 { clock.advance(by: 1, Self.time()) }
    clock.advance(by: 0x1p60, Self.time())
    #expect(clock.pull == 0x1p60 + 1024)
  }

  /// A clock as it is after so much time, without waiting for it.
  private func clock(elapsed: Double, epoch: UInt32 = 0, _ penalty: Penalty) throws -> ShrinkageClock {
    let encoded = try JSONEncoder().encode(ShrinkageClock())
    var fields = try #require(try JSONSerialization.jsonObject(with: encoded) as? [String: Any])
    #expect(fields.keys.contains("elapsed") && fields.keys.contains("epoch"))
    fields["elapsed"] = elapsed
    fields["epoch"] = epoch
    var clock = try JSONDecoder().decode(ShrinkageClock.self, from: JSONSerialization.data(withJSONObject: fields))
    // Brings scale and pull along.
    clock.advance(by: 0, penalty)
    return clock
  }

  /// The sizes of a million steps after 10¹⁰ of them.
  enum LateSteps: CaseIterable {
    case constant, inverseScaling, ofAllSizes

    /// How much time 10¹⁰ of them take, about.
    var elapsed: Double {
      switch self {
      case .constant, .ofAllSizes: 1e8
      case .inverseScaling: 0.01 / 0.75 * pow(1e10, 0.75)
      }
    }

    func size(_ step: Int, _ random: inout SeededGenerator) -> Double {
      switch self {
      case .constant: 0.01
      case .inverseScaling: 0.01 * pow(1e10 + Double(step), -0.25)
      case .ofAllSizes: exp(random.uniform(-9..<0))
      }
    }
  }

  /// After 10¹⁰ steps a million more are summed as exactly as the first ones, by both sums there are. A plain one, which
  /// would do for a short test, is off by far more.
  @Test(arguments: LateSteps.allCases)
  func exactAfterTenBillionSteps(_ steps: LateSteps) throws {
    var random = SeededGenerator(seed: 37)
    var clock = try clock(elapsed: steps.elapsed, Self.time())
    var sum = CompensatedSum(steps.elapsed)
    var plain = steps.elapsed
    // In units of 2^−80.
    var exact = UInt128(steps.elapsed * 0x1p80)
    var worst = (clock: 0.0, sum: 0.0, plain: 0.0)
    for step in 0..<1_000_000 {
      let size = steps.size(step, &random)
      exact += UInt128(size * 0x1p80)
      clock.advance(by: size, Self.time())
      sum.add(size)
      plain += size
      if step % 1000 == 999 {
        let expected = Double(exact) * 0x1p-80
        worst.clock = max(worst.clock, abs(clock.pull - expected) / expected.ulp)
        worst.sum = max(worst.sum, abs(sum.value - expected) / expected.ulp)
        worst.plain = max(worst.plain, abs(plain - expected) / expected.ulp)
      }
    }
    #expect(worst.clock <= 1)
    #expect(worst.sum <= 1)
    #expect(worst.plain > 100)
    var copy = try JSONDecoder().decode(CompensatedSum.self, from: JSONEncoder().encode(sum))
    #expect(copy == sum)
    sum.add(1e-9)
    copy.add(1e-9)
    #expect(copy == sum)
  }

  /// The same with decay: late in a long epoch, what weights owe and keep over a million steps is right to 10 digits.
  @Test func decayIsExactAfterTenBillionSteps() throws {
    let penalty = Penalty(l1: 0.5, l2: 1e-7)
    var clock = try clock(elapsed: 9.9e7, penalty)
    let start = clock
    var exact: UInt128 = 0
    for _ in 0..<500_000 {
      clock.advance(by: 0.01, penalty)
      exact += UInt128(0.01 * 0x1p80)
    }
    #expect(clock.epoch == 0)
    let time = Double(exact) * 0x1p-80
    #expect(abs(clock.scale / start.scale / exp(-1e-7 * time) - 1) < 1e-14)
    let owed = (clock.pull - start.pull) * clock.scale
    #expect(abs(owed / (0.5 * -expm1(-1e-7 * time) / 1e-7) - 1) < 1e-10)
  }

  /// Epochs are counted modulo 2³². A weight that is paid every now and then over hundreds of them, and over the wrap,
  /// pays what the flow says.
  @Test(arguments: [UInt64(38), 39], [nil, 0.3])
  func epochsWrap(_ seed: UInt64, threshold: Double?) throws {
    let penalty = Penalty(l1: 0.02, l2: 0.5, threshold: threshold)
    let flow = EagerFlow(penalty)
    var random = SeededGenerator(seed: seed)
    var clock = try clock(elapsed: 3, epoch: .max - 250, penalty)
    var epochs: Set<UInt32> = []
    for round in 0..<3000 {
      let value = Float(2 * random.normal() / clock.scale)
      let coordinate = UniformWeights.Coordinate(value: value, epoch: clock.epoch, mark: clock.pull)
      let weight = Double(value) * clock.scale
      var time = 0.0
      let size = exp(random.uniform(-4..<2))
      for _ in 0..<1 + random.below(12) {
        let step = size * random.unit()
        clock.advance(by: step, penalty)
        time += step
      }
      let paid = clock.settled(coordinate, penalty) * clock.scale
      let expected = flow.weight(weight, after: time)
      #expect(abs(paid - expected) < 1e-10, "round \(round), w=\(weight) time=\(time) seed=\(seed)")
      epochs.insert(clock.epoch)
    }
    #expect(epochs.contains { $0 > .max - 100 } && epochs.contains { $0 < 100 })
    #expect(epochs.count > 400)
  }

  /// The learner after 10¹⁰ steps, of either kind: a weight of 1 that is left alone for a million steps owes λ1 times their
  /// sum, to Float32's rounding.
  @Test(arguments: [false, true])
  func learnerIsExactAfterTenBillionSteps(hasFactors: Bool) throws {
    let configuration = LearnerConfiguration(
      intercept: false, learningRate: LearningRate(schedule: .constant, initial: 0.01),
      penalty: Penalty(l1: 5e-5, factors: hasFactors ? LearnerCase.factors : []))
    var learner = LinearLearner(configuration)
    learner.grow(to: 1)
    learner.state.steps = 10_000_000_000
    if hasFactors {
      learner.state.time = CompensatedSum(1e8)
    } else {
      learner.state.clock = try clock(elapsed: 1e8, configuration.penalty)
    }
    learner.learn([0], [100], 1)
    // The step itself is owed already.
    #expect(abs(learner.coefficient(0) - 1) < 1e-6)
    learner.pass(999_999)
    #expect(abs(learner.coefficient(0) - 0.5) <= Float(0.5).ulp)
  }

  @Test func gravityJumpsAtEveryKthStep() {
    var clock = ShrinkageClock()
    let penalty = Self.time(period: 3)
    var readings: [Double] = []
    for _ in 1...8 {
      clock.advance(by: 0.5, penalty)
      readings.append(clock.pull)
    }
    #expect(readings == [0, 0, 1.5, 1.5, 1.5, 3, 3, 3])
    clock.pullNow(penalty)
    #expect(clock.pull == 4)
    // A pull begins a new period.
    clock.advance(by: 0.5, penalty)
    clock.advance(by: 0.5, penalty)
    #expect(clock.pull == 4)
    clock.advance(by: 0.5, penalty)
    #expect(clock.pull == 5.5)
  }

  /// Paying by the clock is `Penalty.shrink` in other units: from any step to any later one, over many epochs.
  @Test(arguments: PenaltyTests.penalties, [UInt64(35), 36])
  func paysWhatThePenaltySays(_ penalty: Penalty, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for round in 0..<200 {
      var clock = ShrinkageClock()
      let size = exp(random.uniform(-6..<1.5))
      for _ in 0..<random.below(100) { clock.advance(by: size * random.unit(), penalty) }
      let value = Float(random.normal() / clock.scale)
      let coordinate = UniformWeights.Coordinate(value: value, epoch: clock.epoch, mark: clock.pull)
      let weight = Double(value) * clock.scale
      var time = 0.0
      for _ in 0..<random.below(100) {
        let step = size * random.unit()
        clock.advance(by: step, penalty)
        time += step
      }
      let paid = clock.settled(coordinate, penalty) * clock.scale
      let expected = penalty.shrink(weight, over: time)
      #expect(
        abs(paid - expected) <= 1e-10 * max(1, penalty.l1 / max(penalty.l2, 1e-3)),
        "round \(round), \(penalty), w=\(weight) time=\(time) seed=\(seed)")
    }
  }

  /// What was not touched for longer than the clock remembers has decayed to nothing.
  @Test func forgottenEpochsLeaveNothing() {
    let penalty = Penalty(l1: 0, l2: 1)
    var clock = ShrinkageClock()
    let touched = UniformWeights.Coordinate(value: .greatestFiniteMagnitude, epoch: 0, mark: 0)
    for _ in 0..<20 { clock.advance(by: 11, penalty) }
    #expect(Float(clock.settled(touched, penalty) * clock.scale) == 0)
    #expect(clock.settled(touched, penalty) > 0)
    for _ in 0..<20 { clock.advance(by: 11, penalty) }
    #expect(clock.settled(touched, penalty) == 0)
  }

  /// A step that leaves nothing of any weight leaves the clock in order.
  @Test(arguments: [0.0, 1e9])
  func enormousSteps(l1: Double) {
    let penalty = Penalty(l1: l1, l2: 1e9, threshold: 0.5)
    var clock = ShrinkageClock()
    for _ in 0..<100 {
      let touched = UniformWeights.Coordinate(value: 1, epoch: clock.epoch, mark: clock.pull)
      clock.advance(by: 1e9, penalty)
      #expect(clock.isPlausible)
      #expect(Float(clock.settled(touched, penalty) * clock.scale) == 0)
    }
  }

  /// A clock read back from JSON goes on as if it had never been away, compensation, period and epochs included.
  @Test(arguments: [1, 7], [0, 0.1])
  func codableRoundTrip(period: Int, l2: Double) throws {
    let penalty = Penalty(l1: 0.1, l2: l2, period: period)
    var random = SeededGenerator(seed: 34)
    var clock = ShrinkageClock()
    for _ in 0..<10_003 { clock.advance(by: random.unit() / 3, penalty) }
    #expect((clock.epoch > 10) == (l2 > 0))
    var copy = try JSONDecoder().decode(ShrinkageClock.self, from: JSONEncoder().encode(clock))
    #expect(copy == clock)
    for _ in 0..<1000 {
      let step = random.unit() / 3
      clock.advance(by: step, penalty)
      copy.advance(by: step, penalty)
      #expect(copy == clock)
    }
  }
}
