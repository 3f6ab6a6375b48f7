import Testing
import ZeroMQ

@testable import WhittleService

@Suite struct QueueWatchTests {
  @Test func delaysAreSinceTheSocketWasEmpty() throws {
    let context = try Context()
    let (one, other) = (try Socket(.pull, in: context), try Socket(.pull, in: context))
    var watch = QueueWatch([one, other], now: 10)
    #expect(watch.took(3, from: one, isEmpty: false, now: 12) == 2)
    #expect(watch.took(3, from: one, isEmpty: true, now: 13) == 3)
    #expect(watch.took(1, from: one, isEmpty: true, now: 14) == 1)
    #expect(watch.took(0, from: one, isEmpty: true, now: 15) == nil)
    #expect(watch.took(1, from: one, isEmpty: true, now: 15.5) == 0.5)
    // Nobody has looked at the other.
    #expect(watch.took(1, from: other, isEmpty: false, now: 16) == 6)
    watch.waited(for: [one], now: 20)
    #expect(watch.took(1, from: one, isEmpty: true, now: 20.25) == 0.25)
    #expect(watch.took(1, from: other, isEmpty: true, now: 20.25) == 10.25)
    // One that is not watched.
    #expect(watch.took(1, from: try Socket(.pull, in: context), isEmpty: true, now: 21) == nil)
  }
}
