import TestSupport
import Testing

@testable import WhittleService

@Suite struct ThinnedSeriesTests {
  /// Whatever comes: it is bounded and in order, the first and the newest are there, and those between are spread evenly.
  @Test(arguments: 0..<40) func lawsHoldAfterEveryValue(round: UInt64) {
    var generator = SeededGenerator(seed: round)
    let capacity = Int.random(in: 3...40, using: &generator)
    var series = ThinnedSeries<Int>(capacity: capacity, interval: 1)
    var times: [Double] = []
    var now = Double.random(in: 0...100, using: &generator)
    for value in 0..<2000 {
      now += generator.pick([0, 0.01, 0.5, 1, 1, 1, 1.5, 30])
      times.append(now)
      series.append(value, at: now)
      let points = series.points
      #expect(points.count <= capacity, "round \(round)")
      #expect(points.first?.value == 0 || times.count > 1 && points.first?.time == times[0], "round \(round)")
      #expect(points.last?.value == value && points.last?.time == now, "round \(round)")
      for (one, next) in zip(points, points.dropFirst()) {
        #expect(one.value < next.value && one.time <= next.time, "round \(round)")
        #expect(times[one.value] == one.time, "round \(round)")
      }
      // All but the newest are as far apart as they are to be.
      for (one, next) in zip(points.dropLast(), points.dropLast().dropFirst()) {
        #expect(next.time - one.time >= series.interval, "round \(round)")
      }
    }
    // It keeps what it has room for: of a stream without a pause, at least a third.
    #expect(series.points.count >= min(capacity / 3, 3), "round \(round)")
  }

  @Test func oneASecondForADay() {
    var series = ThinnedSeries<Int>(capacity: 1000, interval: 1)
    for second in 0..<86_400 { series.append(second, at: Double(second)) }
    #expect(series.interval == 128)
    #expect((500...1000).contains(series.points.count))
    #expect(series.points.map(\.value).dropLast().allSatisfy { $0 % 128 == 0 })
  }
}
