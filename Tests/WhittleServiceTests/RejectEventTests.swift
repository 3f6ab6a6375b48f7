import FoundationEssentials
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// What subscribers hear of rejected messages.
@Suite(.timeLimit(.minutes(2))) struct RejectEventTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  private func events(_ received: [[[UInt8]]]) -> [Event] {
    received.filter { $0[0] == Array("event".utf8) }.compactMap {
      try? JSONDecoder().decode(Event.self, from: Data($0[1]))
    }.filter { $0.kind == .messageRejected }
  }

  /// The last publication of stats says that so many messages have come.
  private func seen(_ messages: UInt64, in received: [[[UInt8]]]) -> Bool {
    guard let last = received.last, last[0] == Array("stats".utf8) else { return false }
    return (try? JSONDecoder().decode(Stats.self, from: Data(last[1])))?.messages == messages
  }

  @Test func theFirstIsToldAndTheOthersAreCounted() async throws {
    let daemon = try await TestDaemon(in: place, ["publish.every_seconds": "0.02"])
    let router = place.router
    let broken = ["nonsense\u{7}", #"{"y": 1, "x": 3}"#, "größe | \u{301}"] + Array(repeating: "1 | a:b", count: 500)
    let received = try await daemon.published(afterFirst: true) {
      try await daemon.push(["1 | a"] + broken)
      try await daemon.stats { $0.messages == 504 }
      // Whichever socket a message comes by.
      _ = try await daemon.ask(frames: [Array("7".utf8), [], Array("2 2 2 | a".utf8)], at: router)
    } until: {
      self.seen(505, in: $0)
    }
    let events = events(received)
    let first = try #require(events.first)
    #expect(first.kind == .messageRejected && first.step == 1 && abs(first.time - unixSeconds()) < 600)
    #expect(first.message.contains("not with \"nonsense"), "\(first.message)")
    let rejection = try #require(first.rejection)
    #expect(rejection.reason == "broken_text" && rejection.unpublishedBefore == 0)
    #expect(rejection.firstHex == "6e6f6e73656e736507" && rejection.firstText == nil)
    // At most one a second; those of them that were not told are counted.
    #expect(events.count < 30)
    let told = events.reduce(0) { $0 + 1 + ($1.rejection?.unpublishedBefore ?? 0) }
    let stats = try await daemon.stats()
    #expect(stats.rejected == ["broken_text": 3, "shape": 1, "feature_value": 500])
    #expect(told <= 504)
    try await daemon.stop()
  }

  @Test func eachIsToldWhereTheRateAllows() async throws {
    let daemon = try await TestDaemon(
      in: place, ["publish.every_seconds": "0.02", "publish.rejects_per_second": "1000"])
    let received = try await daemon.published(afterFirst: true) {
      for (number, message) in ["größe", #"{"y": 1, "x": 3}"#].enumerated() {
        _ = try await daemon.ask(frames: [Array(message.utf8)], at: self.place.router)
        // More than a thousandth of a second goes by.
        try await daemon.stats { $0.uptimeSeconds > 0.01 && $0.messages == UInt64(number + 1) }
      }
    } until: {
      self.seen(2, in: $0)
    }
    let events = events(received)
    #expect(events.map { $0.rejection?.reason } == ["broken_text", "shape"])
    #expect(events.map { $0.rejection?.firstText } == ["größe", #"{"y": 1, "x": 3}"#])
    try await daemon.stop()
  }

  /// From the record that is wrong, the frame before the payload, or the header of arrays; whichever socket it comes by.
  @Test func theSourceIsTold() async throws {
    let daemon = try await TestDaemon(
      in: place,
      ["publish.every_seconds": "0.02", "publish.rejects_per_second": "1000", "limits.sources": "1"])
    let header = #"{"dtype": "<f4", "shape": [1, 1], "source": "pump-3", "seq": 1}"#
    let broken: [(texts: [String], source: String?)] = [
      ([#"[{"y": 1, "x": {}, "source": "a"}, {"y": 1, "source": "b", "x": {"c": 1e300}}]"#], "b"),
      ([#"{"source": "größe", "seq": 1}"#, "1 | a:b"], "größe"), ([header, "12345"], "pump-3"), (["1 | a:b"], nil),
      // The sample is right, and there is no room for who sent it.
      ([#"{"source": "new", "seq": 1, "y": 1, "x": {}}"#], "new"),
    ]
    let received = try await daemon.published(afterFirst: true) {
      try await daemon.push([#"{"source": "known", "seq": 1, "y": 1, "x": {}}"#])
      var stats = try await daemon.stats { $0.messages == 1 }
      for (texts, _) in broken {
        let before = stats
        _ = try await daemon.ask(frames: [[]] + texts.map { Array($0.utf8) }, at: self.place.router)
        // More than a thousandth of a second goes by.
        stats = try await daemon.stats { $0.uptimeSeconds > before.uptimeSeconds + 0.002 }
      }
    } until: {
      self.seen(UInt64(broken.count + 1), in: $0)
    }
    let events = events(received)
    #expect(events.map { $0.rejection?.source } == broken.map(\.source), "\(events.map(\.message))")
    try await daemon.stop()
  }

  @Test func noneIsToldWhereTheRateIsZero() async throws {
    let daemon = try await TestDaemon(in: place, ["publish.every_seconds": "0.02", "publish.rejects_per_second": "0"])
    let received = try await daemon.published(afterFirst: true) {
      try await daemon.push(Array(repeating: "nonsense", count: 100))
    } until: {
      self.seen(100, in: $0)
    }
    #expect(events(received).isEmpty)
    #expect(try await daemon.stats().rejected == ["broken_text": 100])
    try await daemon.stop()
  }

  @Test func aRateLimitLetsThroughEvenly() {
    var limit = RateLimit(perSecond: 4)
    let admitted = [0, 0.1, 0.2, 0.25, 0.3, 0.49, 0.5, 10, 10.1, 10.25].map { limit.admit(now: $0) }
    #expect(admitted == [0, nil, nil, 2, nil, nil, 2, 0, nil, 1])
    var none = RateLimit(perSecond: 0)
    #expect(none.admit(now: 0) == nil && none.admit(now: 1e9) == nil)
  }

  @Test(
    arguments: [
      ("", .text("")), ("abc\tdef\r\n", .text("abc\tdef\r\n")), ("größe 😀", .text("größe 😀")),
      ("\u{1B}[31m", .hex("1b5b33316d")), ("\u{202E}", .hex("e280ae")), ("\u{0}", .hex("00")),
      (String(repeating: "x", count: 64), .text(String(repeating: "x", count: 64))),
      (String(repeating: "x", count: 1000), .text(String(repeating: "x", count: 64))),
      // What the cut goes through is left out.
      (String(repeating: "x", count: 63) + "ö", .text(String(repeating: "x", count: 63))),
      (String(repeating: "x", count: 62) + "öy", .text(String(repeating: "x", count: 62) + "ö")),
      (String(repeating: "x", count: 61) + "😀", .text(String(repeating: "x", count: 61))),
    ] as [(String, PayloadStart)])
  func firstBytesOfText(payload: String, expected: PayloadStart) {
    let bytes = Array(payload.utf8)
    #expect(PayloadStart(bytes.span) == expected)
  }

  @Test(
    arguments: [
      ([0xFF], "ff"), ([0x61, 0xC3], "61c3"), ([0xED, 0xA0, 0x80], "eda080"),
      (Array(repeating: 0x61, count: 63) + [0xFF, 0x61], String(repeating: "61", count: 63) + "ff"),
      (Array(repeating: 0x61, count: 63) + [0xC3], String(repeating: "61", count: 63) + "c3"),
      (Array(repeating: 0x61, count: 63) + [0x80, 0x80], String(repeating: "61", count: 63) + "80"),
    ] as [([UInt8], String)])
  func firstBytesThatAreNoText(payload: [UInt8], expected: String) {
    #expect(PayloadStart(payload.span) == .hex(expected))
  }
}
