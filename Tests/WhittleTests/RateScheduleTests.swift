import Testing

@testable import whittle

@Suite struct RateScheduleTests {
  @Test func samplesAreDueAtASteadyRate() {
    let schedule = RateSchedule(rate: 4)
    #expect(schedule.due(after: 0) == .zero)
    #expect(schedule.due(after: 1) == .milliseconds(250))
    #expect(schedule.due(after: 4000) == .seconds(1000))
  }

  @Test func whatIsLateIsNotWaitedFor() {
    let schedule = RateSchedule(rate: 4)
    #expect(schedule.wait(after: 8, elapsed: .seconds(1)) == .seconds(1))
    #expect(schedule.wait(after: 8, elapsed: .seconds(2)) == .zero)
    #expect(schedule.wait(after: 8, elapsed: .seconds(3)) == .zero)
    #expect(RateSchedule(rate: nil).wait(after: 8, elapsed: .zero) == .zero)
  }

  @Test func aTinyRateDoesNotOverflow() {
    #expect(RateSchedule(rate: 1e-300).due(after: .max) == .seconds(366 * 86400))
  }
}

@Suite struct MessageBatchTests {
  @Test func oneSampleStandsAlone() {
    var batch = MessageBatch(limit: 1)
    batch.append(utf8("{}"), .json)
    #expect(batch.isFull)
    #expect(text(batch.take()) == "{}")
    #expect(batch.isEmpty)
  }

  @Test func severalAreJoined() {
    var batch = MessageBatch(limit: 3)
    batch.append(utf8("{\"a\":1}"), .json)
    batch.append(utf8("{}"), .json)
    #expect(!batch.isFull)
    #expect(text(batch.take()) == "[{\"a\":1},{}]")
    batch.append(utf8("1 | a:1"), .vwLines)
    batch.append(utf8("2 | b"), .vwLines)
    #expect(text(batch.take()) == "1 | a:1\n2 | b")
  }
}
