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
