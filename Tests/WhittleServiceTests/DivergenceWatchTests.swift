import Glibc
import OnlineLearning
import Testing

@testable import WhittleService

/// The watch on divergence, given readings that are worked out by hand.
struct DivergenceWatchTests {
  /// Readings every 250 samples, all with the best constant loss and margin 0's loss of these units.
  private struct Stream {
    var watch = DivergenceWatch()
    var step: UInt64 = 0
    var best = 1.0
    var zero = 1.0
    var clampedUpdates: UInt64 = 0

    /// The steps at which something began or ended.
    ///
    /// - Parameter clamped: how many updates are held back from one reading to the next.
    mutating func take(
      _ losses: [Double], every samples: UInt64 = 250, clamped: UInt64 = 0
    ) -> [UInt64: DivergenceWatch.Change] {
      var changes: [UInt64: DivergenceWatch.Change] = [:]
      for loss in losses {
        step += samples
        clampedUpdates += clamped
        let reading = DivergenceWatch.Reading(
          step: step, loss: loss, bestConstantLoss: best, zeroLoss: zero, clampedUpdates: clampedUpdates)
        if let change = watch.take(reading) { changes[step] = change }
      }
      return changes
    }
  }

  @Test func aLossThatStaysFarIsToldOnce() {
    var stream = Stream()
    // Far is above 1 + 10 · 1, and the first three readings are not judged.
    #expect(stream.take(Array(repeating: 11.01, count: 7)) == [:])
    #expect(!stream.watch.isDiverging)
    #expect(stream.take(Array(repeating: 11.01, count: 100)) == [2000: .began])
    #expect(stream.watch.isDiverging)
  }

  @Test(arguments: [11, 1, 0, 10.99, -5] as [Double])
  func aLossThatIsNotFarIsNone(loss: Double) {
    var stream = Stream()
    #expect(stream.take(Array(repeating: loss, count: 100)) == [:])
  }

  @Test func oneReadingThatIsNotFarBeginsAnew() {
    var stream = Stream()
    #expect(stream.take([50, 50, 50, 50, 50, 50, 50, 11, 50, 50, 50, 50]) == [:])
    #expect(stream.take([50]) == [3250: .began])
  }

  @Test func aLossThatFallsIsOneThatAdapts() {
    var stream = Stream()
    // By 27 % in 1,000 samples.
    var loss = 1e9
    for _ in 0..<50 {
      loss *= 0.925
      #expect(stream.take([loss]) == [:])
    }
    // It is told where it falls more slowly: by 23 %.
    var changes: [UInt64: DivergenceWatch.Change] = [:]
    for _ in 0..<9 {
      loss *= 0.9375
      changes.merge(stream.take([loss])) { $1 }
    }
    #expect(changes.values.elementsEqual([.began]))
  }

  /// No fall is one where weights go to and fro between the largest ones.
  @Test func aLossThatFallsWhileUpdatesAreHeldBackIsTold() {
    let falling = (0..<8).map { 1e9 * pow(0.9, Double($0)) }
    var stream = Stream()
    #expect(stream.take(falling) == [:])
    stream = Stream()
    #expect(stream.take(falling, clamped: 1) == [2000: .began])
  }

  @Test(arguments: [Double.nan, .infinity])
  func whatIsNoNumberIsFar(loss: Double) {
    var stream = Stream()
    #expect(stream.take(Array(repeating: loss, count: 20)) == [2000: .began])
    #expect(stream.take(Array(repeating: loss, count: 20)) == [:], "and never near")
  }

  @Test func itEndsOnceTheLossStaysNear() {
    var stream = Stream()
    _ = stream.take(Array(repeating: 100, count: 8))
    // Near is below 1 + 2 · 1. In between, and for shorter, nothing changes.
    #expect(stream.take([2, 2, 2, 2, 3, 10, 2.9, 2.9, 2.9, 2.9]) == [:])
    #expect(stream.watch.isDiverging)
    #expect(stream.take([2.9]) == [4750: .ended])
    #expect(!stream.watch.isDiverging)
    #expect(stream.take([10, 10, 10, 10, 10, 10, 10]) == [:], "not far again")
    #expect(stream.take(Array(repeating: 100, count: 5)) == [7750: .began], "and it can begin again")
  }

  /// Two readings are enough where samples come fast.
  @Test func readingsFarApart() {
    var stream = Stream()
    #expect(stream.take(Array(repeating: 100, count: 6), every: 100_000) == [500_000: .began])
  }

  /// Targets around 1000 with a deviation of 1, and a model without an intercept: B is ½, and it can only have Z.
  @Test func aModelThatHasLearnedNothingIsHealthy() {
    var stream = Stream(best: 0.5, zero: 500_000)
    #expect(stream.take(Array(repeating: 500_000, count: 100)) == [:])
    #expect(stream.take(Array(repeating: 5_100_000, count: 5)).values.elementsEqual([.began]))
  }

  /// Poisson counts around 1000: B is 1000 − 1000 log 1000.
  @Test func negativeLosses() {
    var stream = Stream(best: -5907.8, zero: 1)
    #expect(stream.take(Array(repeating: 1, count: 100)) == [:])
    #expect(stream.take(Array(repeating: 60_000, count: 5)).values.elementsEqual([.began]))
    #expect(stream.take(Array(repeating: -5900, count: 5)).values.elementsEqual([.ended]))
  }

  /// Targets that are always 1000: B is 0, and so is the loss of a model that has learned them.
  @Test func targetsThatDoNotVary() {
    var stream = Stream(best: 0, zero: 500_000)
    #expect(stream.take(Array(repeating: 500_000, count: 50) + Array(repeating: 0, count: 50)) == [:])
    #expect(stream.take(Array(repeating: 5_000_001, count: 5)).values.elementsEqual([.began]))
    #expect(stream.take(Array(repeating: 0, count: 5)).values.elementsEqual([.ended]))
    var zeros = Stream(best: 0, zero: 0)
    #expect(zeros.take(Array(repeating: 0, count: 50)) == [:])
  }

  @Test func readingsComeOftenAtFirstAndThenByTime() {
    var cadence = ReadingCadence(step: 1000, now: 50)
    #expect(!cadence.isDue(step: 1255) && cadence.isDue(step: 1256))
    #expect(cadence.secondsLeft(step: 1255, now: 51) == nil, "nothing to wait for but samples")
    for reading in 1...64 {
      let step = UInt64(1000 + 256 * reading)
      #expect(cadence.isDue(step: step) && cadence.isDue(step: step, now: 50))
      cadence.restart(step: step, now: 50)
    }
    let step: UInt64 = 1000 + 256 * 64
    #expect(!cadence.isDue(step: step + 1_000_000))
    #expect(!cadence.isDue(step: step + 255, now: 60) && !cadence.isDue(step: step + 256, now: 50.09))
    #expect(cadence.isDue(step: step + 256, now: 50.11))
    let left = cadence.secondsLeft(step: step + 256, now: 50.0625)
    #expect(abs((left ?? 1) - 0.0375) < 1e-9)
  }
}
