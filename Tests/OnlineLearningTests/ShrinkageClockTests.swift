import Foundation
import Glibc
import OnlineLearning
import TestSupport
import Testing

@Suite struct ShrinkageClockTests {
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
      clock.advance(by: step, period: 1)
    }
    #expect(clock.now.decay == Double(exact) * 0x1p-80, "seed=\(seed)")
    #expect(clock.now.gravity == clock.now.decay, "seed=\(seed)")
  }

  /// Steps that are lost one by one in a plain sum still count.
  @Test func smallStepsAfterALargeOneCount() {
    var clock = ShrinkageClock()
    clock.advance(by: 0x1p60, period: 1)
    for _ in 0..<1024 { clock.advance(by: 1, period: 1) }
    #expect(clock.now.decay == 0x1p60 + 1024)
    clock = ShrinkageClock()
    for _ in 0..<1024 { clock.advance(by: 1, period: 1) }
    clock.advance(by: 0x1p60, period: 1)
    #expect(clock.now.decay == 0x1p60 + 1024)
  }

  @Test func gravityJumpsAtEveryKthStep() {
    var clock = ShrinkageClock()
    var readings: [Double] = []
    for _ in 1...8 {
      clock.advance(by: 0.5, period: 3)
      readings.append(clock.now.gravity)
    }
    #expect(readings == [0, 0, 1.5, 1.5, 1.5, 3, 3, 3])
    #expect(clock.now.decay == 4)
    clock.pull()
    #expect(clock.now.gravity == 4)
    // A pull begins a new period.
    clock.advance(by: 0.5, period: 3)
    clock.advance(by: 0.5, period: 3)
    #expect(clock.now.gravity == 4)
    clock.advance(by: 0.5, period: 3)
    #expect(clock.now == .init(decay: 5.5, gravity: 5.5))
  }

  /// A clock read back from JSON goes on as if it had never been away, compensation and period included.
  @Test(arguments: [1, 7])
  func codableRoundTrip(period: Int) throws {
    var random = SeededGenerator(seed: 34)
    var clock = ShrinkageClock()
    for _ in 0..<10_003 { clock.advance(by: random.unit() / 3, period: period) }
    var copy = try JSONDecoder().decode(ShrinkageClock.self, from: JSONEncoder().encode(clock))
    #expect(copy == clock)
    for _ in 0..<1000 {
      let step = random.unit() / 3
      clock.advance(by: step, period: period)
      copy.advance(by: step, period: period)
      #expect(copy == clock)
    }
  }
}
