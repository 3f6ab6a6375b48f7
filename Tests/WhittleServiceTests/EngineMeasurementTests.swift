import TestSupport
import Testing

@testable import WhittleService

@Suite struct EngineMeasurementTests {
  /// Against a search through all bounds.
  @Test(arguments: [1, 64, 2.5e-7, 1e-3]) func everyValueIsBelowItsBoundAndAboveTheOneBefore(unit: Double) {
    var generator = SeededGenerator(seed: UInt64(unit.bitPattern))
    let buckets = 0..<Histogram.bucketCount
    var values = [0, -1, .leastNonzeroMagnitude, 1e300, .infinity]
    let bounds = buckets.compactMap { Histogram(unit: unit).bound(of: $0) }
    #expect(bounds.count == Histogram.bucketCount - 1 && bounds.first == unit)
    for (one, next) in zip(bounds, bounds.dropFirst()) { #expect(next == 4 * one) }
    for bound in bounds { values += [bound, bound.nextUp * 1.001, bound * 0.999] }
    for _ in 0..<2000 { values.append(unit * generator.unit() * generator.pick([1, 50, 1e4, 1e7])) }
    for value in values {
      var histogram = Histogram(unit: unit)
      histogram.record(value)
      let expected = bounds.firstIndex { value <= $0 } ?? bounds.count
      #expect(buckets.filter { histogram.counts[$0] == 1 } == [expected], "\(value)")
      #expect(histogram.count == 1 && histogram.sum == max(0, value))
    }
  }

  @Test(arguments: [1, 64]) func countsAreRecordedAsTheSameNumbersAre(unit: Int) {
    var generator = SeededGenerator(seed: UInt64(unit))
    var values = [0, 1, 2, 4, 5, 63, 64, 65, 255, 256, 257, 1 << 40, .max]
    for _ in 0..<2000 { values.append(Int(generator.next() >> (generator.next() % 63 + 1))) }
    for value in values where value < 1 << 50 || value == .max {
      var (counted, measured) = (Histogram(unit: Double(unit)), Histogram(unit: Double(unit)))
      counted.record(count: value)
      measured.record(Double(value))
      for bucket in 0..<Histogram.bucketCount { #expect(counted.counts[bucket] == measured.counts[bucket], "\(value)") }
      #expect(counted.sum == measured.sum)
    }
  }

  @Test func oneMessageInSoManyIsTimed() {
    var measurements = EngineMeasurements()
    let timed = (1...1000).filter { _ in measurements.begin(100) }
    let stride = EngineMeasurements.learnStride
    #expect(timed == (1...1000 / stride).map { $0 * stride })
    #expect(measurements.messageBytes.count == 1000 && measurements.messageBytes.sum == 100_000)
  }

  @Test func aHeartThatBeats() {
    let heartbeat = Heartbeat()
    #expect(heartbeat.seconds(now: 100) == 0)
    heartbeat.work(since: 100)
    #expect(heartbeat.seconds(now: 107.5) == 7.5)
    #expect(heartbeat.seconds(now: 99) == 0)
    heartbeat.rest()
    #expect(heartbeat.seconds(now: 200) == 0)
  }
}
