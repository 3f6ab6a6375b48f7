import Foundation
import TestSupport
import Testing

@testable import whittle

@Suite struct CheckpointNameTests {
  @Test(
    arguments: [
      ("latest", .latest), ("7", .id(7)), ("007", .id(7)), ("step:1000", .step(1000)), ("step:0", .step(0)),
      ("90s ago", .ago(90)), ("30min ago", .ago(1800)), ("1.5 h ago", .ago(5400)), ("2 days ago", .ago(172_800)),
      ("1970-01-02", .time(86_400)), ("./7", .path("./7")), ("latest.safetensors", .path("latest.safetensors")),
      ("2026/1", .path("2026/1")), ("ago", .path("ago")),
    ] as [(String, CheckpointName)])
  func names(text: String, name: CheckpointName) throws {
    #expect(try CheckpointName(text) == name)
  }

  @Test(
    arguments: [
      "", "step:", "step:-1", "step:1k", "99999999999999999999", "some time ago", "-1h ago", "1 fortnight ago",
      "2026-13-01", "2026-02-29", "2026-01-31T24:00", "2026-01-31T12", "2026-01-31T12:00+2", "2026-1-1",
      "2026-01-31T12:00Zulu", "1969-12-31",
    ])
  func mistakes(text: String) {
    #expect(throws: CheckpointNameMistake.self) { try CheckpointName(text) }
  }

  /// Foundation is the oracle.
  @Test func timesAsFoundationHasThem() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let seconds = Double(random.below(8_000_000_000))
      let date = Date(timeIntervalSince1970: seconds)
      let utc = date.ISO8601Format()
      #expect(TimeText.time(utc) == seconds, "seed \(seed): \(utc)")
      #expect(TimeText.time(String(utc.dropLast())) == seconds, "seed \(seed): \(utc)")
      let zone = try #require(TimeZone(secondsFromGMT: 60 * (random.below(26 * 60) - 12 * 60)))
      let local = date.ISO8601Format(
        Date.ISO8601FormatStyle(timeZoneSeparator: .colon, timeZone: zone))
      #expect(TimeText.time(local) == seconds, "seed \(seed): \(local)")
    }
    #expect(TimeText.time("2026-01-31 12:00:30.25+01:30") == TimeText.time("2026-01-31T10:30:30Z").map { $0 + 0.25 })
  }

  @Test(
    arguments: [
      (["whittle", "diff", "--state", "a b", "7"], "a b"), (["whittle", "--state=x", "diff"], "x"),
      (["whittle", "--state", "=", "x"], "x"), (["whittle", "--state"], nil), (["whittle", "--stateless", "x"], nil),
    ] as [([String], String?)])
  func theDirectoryOfACommandLine(words: [String], directory: String?) {
    #expect(CommandWords.value(of: "--state", in: words) == directory)
  }
}
