import TestSupport
import Testing

@testable import whittle

/// By what a feed is known again.
struct FeedIdentityTests {
  @Test func aDigestIsThatOfTheBytesHoweverTheyCome() {
    for seed in UInt64(0)..<50 {
      var random = SeededGenerator(seed: seed)
      let bytes = (0..<random.below(200)).map { _ in UInt8(random.below(3)) }
      var whole = FeedDigest()
      whole.add(bytes)
      var pieces = FeedDigest()
      var place = 0
      while place < bytes.count {
        let end = min(bytes.count, place + 1 + random.below(20))
        pieces.add(Array(bytes[place..<end]))
        place = end
      }
      #expect(pieces.value == whole.value, "seed=\(seed)")
      pieces.add([0])
      #expect(pieces.value != whole.value, "seed=\(seed)")
    }
  }

  /// Texts that differ in their bytes, their lengths or where one ends and the next begins.
  @Test func digestsTellTextsApart() {
    let texts: [[String]] = [
      [], [""], ["", ""], ["a"], ["b"], ["a", ""], ["", "a"], ["ab"], ["a", "b"], ["abcdefgh"], ["abcdefgh", ""],
      ["abcdefgh\0"], ["abcd", "efgh"], ["abcdefghi"], ["abcdefgh", "i"], ["\0"], ["\0\0"], ["ihgfedcba"],
    ]
    let values = texts.map { texts in
      var digest = FeedDigest()
      for text in texts { digest.add(text) }
      return FeedDigest.text(digest.value)
    }
    #expect(Set(values).count == texts.count)
    #expect(values.allSatisfy { $0.count == 16 })
  }

  @Test func whatMakesOtherMessagesIsAnotherFeed() throws {
    let directory = try TemporaryDirectory()
    func write(_ name: String, _ text: String) throws -> String {
      try directory.write(Array(text.utf8), to: name)
    }
    let path = try write("a.csv", "y,a\n1,1\n")
    let same = try write("b.csv", "y,a\n1,1\n")
    let other = try write("c.csv", "y,a\n1,2\n")
    func source(_ paths: [String], _ change: (inout FeedPlan) -> Void = { _ in }) throws -> String {
      var plan = FeedPlan(sources: paths.map { FeedPlan.Source(path: $0, format: .csv) })
      change(&plan)
      return try FeedIdentity(of: plan, name: nil, isSeekable: true).source
    }
    let first = try source([path])
    #expect(first.hasPrefix("a.csv-") && first.count == 22)
    #expect(try source([directory.path + "/./a.csv"]) == first, "another way to write the path")
    let faster = try source([path]) { plan in
      plan.schedule = RateSchedule(rate: 5)
      plan.isQuiet = true
    }
    #expect(faster == first)
    let others = try [
      source([same]), source([other]), source([path, other]), source([other, path]), source([path]) { $0.passes = 2 },
      source([path]) { $0.batch = 2 }, source([path]) { $0.standardizesFeatures = true },
      source([path]) { $0.standardizesTarget = true }, source([path]) { $0.roles.target = "a" },
      source([path]) { $0.roles.weight = "a" }, source([path]) { $0.roles.ignored = ["a"] },
      source([path]) { $0.roles.ignored = ["a", "b"] },
      source([path]) { $0.sources = [FeedPlan.Source(path: path, format: .vw)] },
    ]
    #expect(Set(others + [first]).count == others.count + 1)
    _ = try write("a.csv", "y,a\n1,1\n2,2\n")
    #expect(try source([path]) != first, "it has grown")
  }

  @Test func pipesHaveNamesOfTheirOwn() throws {
    let plan = FeedPlan(sources: [FeedPlan.Source(path: "-", format: .jsonl)])
    let one = try FeedIdentity(of: plan, name: nil, isSeekable: false)
    let other = try FeedIdentity(of: plan, name: nil, isSeekable: false)
    #expect(one.source != other.source && !one.canResume && !one.canGoBack)
    let named = try FeedIdentity(of: plan, name: "pump", isSeekable: false)
    #expect(named.source == "pump" && named.canResume && !named.canGoBack)
  }
}
