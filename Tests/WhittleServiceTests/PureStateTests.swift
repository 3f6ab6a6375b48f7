import ModelStore
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// The parts that are told the time and touch nothing.
struct PureStateTests {
  @Test(arguments: [
    ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("flaw", "lawn", 2),
    ("l1", "l2", 1), ("penalty.l1", "penalti.l1", 1), ("größe", "grosse", 3), ("ab", "ba", 2),
  ])
  func editDistances(first: String, second: String, distance: Int) {
    #expect(editDistance(first, second) == distance)
    #expect(editDistance(second, first) == distance)
  }

  /// A distance: symmetric, zero for equals only, and no detour is shorter.
  @Test(arguments: 0..<50 as Range<UInt64>)
  func editDistanceIsAMetric(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let texts = (0..<3).map { _ in
      String(
        (0..<Int.random(in: 0...6, using: &generator)).map { _ in generator.pick(["a", "b", "é"] as [Character]) })
    }
    let (first, second, third) = (texts[0], texts[1], texts[2])
    #expect((editDistance(first, second) == 0) == (first == second), "seed \(seed)")
    #expect(editDistance(first, second) == editDistance(second, first), "seed \(seed)")
    #expect(
      editDistance(first, third) <= editDistance(first, second) + editDistance(second, third), "seed \(seed)")
  }

  @Test func recurrenceComesBySamplesOrSeconds() {
    var recurrence = Recurrence(Settings.Cadence(samples: 10, seconds: 2), step: 100, now: 50)
    #expect(!recurrence.isDue(step: 100) && !recurrence.isDue(step: 109))
    #expect(recurrence.isDue(step: 110) && recurrence.isDue(step: 1000))
    #expect(!recurrence.isDue(step: 100, now: 51.9))
    #expect(recurrence.isDue(step: 100, now: 52) && recurrence.isDue(step: 110, now: 50))
    #expect(recurrence.secondsLeft(now: 50.5) == 1.5)
    #expect(recurrence.secondsLeft(now: 53) == -1)
    recurrence.restart(step: 105, now: 51)
    #expect(!recurrence.isDue(step: 114, now: 52.9))
    #expect(recurrence.isDue(step: 115, now: 51) && recurrence.isDue(step: 105, now: 53))
  }

  @Test func whatTakesLongComesSeldomByTime() {
    var recurrence = Recurrence(Settings.Cadence(samples: 10, seconds: 2), step: 100, now: 50)
    recurrence.rest(from: 50, to: 50.1)
    #expect(recurrence.secondsLeft(now: 50.5) == 1.5, "it has rested by then")
    recurrence.restart(step: 105, now: 52)
    recurrence.rest(from: 52, to: 54)
    #expect(recurrence.secondsLeft(now: 54) == 6)
    #expect(!recurrence.isDue(step: 114, now: 59.9) && recurrence.isDue(step: 105, now: 60))
    #expect(recurrence.isDue(step: 115, now: 54), "by samples it comes as asked")
  }

  @Test func recurrenceCanBeTurnedOff() {
    let never = Recurrence(Settings.Cadence(samples: 0, seconds: 0), step: 0, now: 0)
    #expect(!never.isDue(step: .max) && !never.isDue(step: .max, now: .greatestFiniteMagnitude))
    #expect(never.secondsLeft(now: 1e9) == nil)
    let byTime = Recurrence(Settings.Cadence(samples: 0, seconds: 1), step: 0, now: 0)
    #expect(!byTime.isDue(step: .max) && byTime.isDue(step: 0, now: 1))
    let bySamples = Recurrence(Settings.Cadence(samples: 1, seconds: 0), step: 0, now: 0)
    #expect(bySamples.isDue(step: 1) && !bySamples.isDue(step: 0, now: 1e9))
    #expect(bySamples.secondsLeft(now: 5) == nil)
  }

  @Test func rateOfASteadyStream() {
    var meter = RateMeter(now: 100)
    #expect(meter.rate(now: 100, count: 0) == 0)
    for tick in 1...400 {
      let rate = meter.rate(now: 100 + Double(tick) / 10, count: UInt64(tick) * 50)
      #expect(abs(rate - 500) < 1e-6, "tick \(tick): \(rate)")
    }
  }

  @Test func rateForgetsWhatIsLongPast() {
    var meter = RateMeter(now: 0)
    #expect(meter.rate(now: 1, count: 1000) == 1000)
    #expect(meter.rate(now: 2, count: 1000) == 500)
    for second in 3...12 { _ = meter.rate(now: Double(second), count: 1000) }
    #expect(meter.rate(now: 13, count: 1000) == 0)
    // Also after a long silence without a question, the rate is over all of it and then over the window.
    #expect(meter.rate(now: 113, count: 1100) < 2)
    #expect(meter.rate(now: 119, count: 1700) == 100)
  }

  @Test func checkpointStateKnowsTheNewest() {
    var state = CheckpointState(
      Settings.Cadence(samples: 10, seconds: 0), step: 7, now: 100,
      newest: Stats.Checkpoint(step: 7, file: "old", ageSeconds: 30), position: 3)
    #expect(state.lastWrittenStep == 7)
    #expect(state.newest(now: 105) == Stats.Checkpoint(step: 7, file: "old", ageSeconds: 35))
    #expect(state.problem == nil && !state.isBusy)
    #expect(!state.recurrence.isDue(step: 16) && state.recurrence.isDue(step: 17))

    let failure = StoreError.system(call: "write", path: "p", code: 28)
    state.record(failure)
    #expect(state.problem == "the last checkpoint could not be written: \(failure)")
    #expect(state.lastFailure == failure)
    #expect(state.newest(now: 105)?.step == 7, "the older one is still there")

    state.record(CheckpointWritten(step: 20, file: "new", bytes: 1, seconds: 0.1), now: 110)
    #expect(state.problem == nil && state.lastFailure == nil)
    #expect(state.lastWrittenStep == 20)
    #expect(state.newest(now: 110.5) == Stats.Checkpoint(step: 20, file: "new", ageSeconds: 0.5))
  }

  @Test func checkpointStateOfANewModelHasNone() {
    let state = CheckpointState(Settings.Cadence(samples: 1, seconds: 1), step: 0, now: 0, newest: nil, position: nil)
    #expect(state.newest(now: 9) == nil && state.lastWrittenStep == nil && state.problem == nil)
  }
}
