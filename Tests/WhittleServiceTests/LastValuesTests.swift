import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

@Suite struct LastValuesTests {
  private func prefix(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(arguments: [
    ("", [Topic.coefficients, .stats]), ("s", [.stats]), ("coef", [.coefficients]), ("coefficients", [.coefficients]),
    ("coefficients.delta", []), ("event", []), ("statsAndMore", []),
  ])
  func aPrefixIsServedWhatItBegins(_ text: String, expected: [Topic]) {
    var values = LastValues()
    values.subscribed(prefix(text))
    #expect(values.due(now: 0) == [], "nothing was published yet")
    values.published(.coefficients, byteCount: 10)
    values.published(.stats, byteCount: 10)
    #expect(values.secondsLeft(now: 0) == nil)
    values.subscribed(prefix(text))
    #expect(values.secondsLeft(now: 0) == (expected.isEmpty ? nil : 0))
    #expect(values.due(now: 0) == expected)
    #expect(values.due(now: 1) == [], "once")
  }

  /// What was put into words late takes its time as well.
  @Test func aLargeValueIsMeasuredLate() {
    var values = LastValues()
    values.published(.stats, byteCount: 0)
    values.subscribed(prefix("stats"))
    #expect(values.due(now: 0) == [.stats])
    values.measured(.stats, byteCount: 320 * 1_048_576)
    values.subscribed(prefix("stats"))
    #expect(values.secondsLeft(now: 0) == 10)
  }

  @Test func whatIsPublishedMeanwhileServesAll() {
    var values = LastValues()
    values.published(.stats, byteCount: 10)
    values.subscribed(prefix("stats"))
    values.published(.stats, byteCount: 10)
    #expect(values.due(now: 0) == [])
  }

  /// However many come, a value is sent again at most so often; and nobody waits longer than that.
  @Test(arguments: 0..<20) func manyAreServedAtOnce(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var values = LastValues()
    let byteCount = random.below(4) << 20
    values.published(.coefficients, byteCount: byteCount)
    let interval = max(0.05, Double(byteCount) / (32 * 1_048_576))
    var (now, sent) = (0.0, [Double]())
    var waiting: [Double] = []
    for _ in 0..<2000 {
      now += Double(random.below(1000)) / 100_000
      if random.below(3) == 0 {
        values.subscribed(prefix("co"))
        waiting.append(now)
      }
      // As the thread does, which sleeps until something is due.
      if let left = values.secondsLeft(now: now), left == 0 || left < 0.001 {
        now += left
        #expect(values.due(now: now) == [.coefficients], "seed \(seed)")
        if let last = sent.last { #expect(now - last >= interval * 0.999, "seed \(seed)") }
        sent.append(now)
        #expect(waiting.allSatisfy { now - $0 <= interval + 0.02 }, "seed \(seed)")
        waiting = []
      } else {
        #expect(waiting.isEmpty || values.secondsLeft(now: now) != nil, "seed \(seed)")
      }
    }
    #expect(sent.count > 20 && Double(sent.count) <= now / interval + 1, "seed \(seed)")
  }
}
