import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// Samples that their sources number are learned once, whatever comes again.
@Suite(.timeLimit(.minutes(2))) struct ServiceSequenceTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  private func sample(_ number: Int, source: String? = nil, target: String = "1.5") -> String {
    let name = source.map { #""source": "\#($0)", "# } ?? ""
    return #"{\#(name)"seq": \#(number), "y": \#(target), "x": {"a\#(number % 7)": \#(number), "b": 0.25}}"#
  }

  /// A stream with each sample sent again at random, alone or among others, learns what the stream itself does.
  @Test(arguments: [UInt64(1), 2, 3])
  func whatComesAgainIsNotLearnedTwice(_ seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let daemon = try await TestDaemon(in: place)
    var sent: [String] = []
    var stream: [String] = []
    var repeats: UInt64 = 0
    for number in 0..<200 {
      let text = sample(number, source: "pump")
      sent.append(text)
      var again: [String] = []
      while Bool.random(using: &random) { again.append(random.pick(sent)) }
      repeats += UInt64(again.count)
      if Bool.random(using: &random) {
        stream.append("[\(([text] + again).joined(separator: ","))]")
      } else {
        stream += [text] + again
      }
    }
    try await daemon.push(stream)
    let total = UInt64(stream.count)
    let stats = try await daemon.stats { $0.messages == total }
    #expect(stats.step == 200 && stats.samples == 200 && stats.rejected.isEmpty, "seed=\(seed)")
    #expect(stats.sequences.sources == 1 && stats.sequences.duplicates == repeats && stats.sequences.missing == 0)
    #expect(
      stats.sequences.bySource == ["pump": Stats.Sequences.Source(last: 199, missing: 0, duplicates: repeats)])
    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(try model(sent)), "seed=\(seed)")
  }

  @Test func numbersSurviveARestart() async throws {
    var daemon = try await TestDaemon(in: place)
    try await daemon.push([sample(5, source: "a"), sample(5), #"{"source": "a", "seq": 6, "x": {}}"#])
    _ = try await daemon.stats { $0.messages == 3 }
    try await daemon.stop()
    daemon = try await TestDaemon(in: place)
    // Only numbers, and nothing new to learn: still there after the next start.
    try await daemon.push([sample(6, source: "a"), sample(5), #"{"source": "b", "seq": 1, "x": {}}"#])
    var stats = try await daemon.stats { $0.messages == 3 }
    #expect(stats.step == 2 && stats.samples == 0 && stats.unlearned == 1 && stats.sequences.duplicates == 2)
    try await daemon.stop()
    daemon = try await TestDaemon(in: place)
    try await daemon.push([sample(1, source: "b"), sample(9, source: "a")])
    stats = try await daemon.stats { $0.messages == 2 }
    #expect(stats.step == 3 && stats.sequences.sources == 3)
    #expect(stats.sequences.bySource["a"] == Stats.Sequences.Source(last: 9, missing: 2, duplicates: 1))
    #expect(stats.sequences.bySource[""] == Stats.Sequences.Source(last: 5, missing: 0, duplicates: 1))
    #expect(stats.sequences.bySource["b"] == Stats.Sequences.Source(last: 1, missing: 0, duplicates: 1))
    try await daemon.stop()
  }

  /// A message of one source too many is rejected as a whole; those that are known go on.
  @Test func sourcesHaveALimit() async throws {
    let daemon = try await TestDaemon(in: place, ["limits.sources": "2"])
    try await daemon.push([
      sample(0, source: "a"), "[\(sample(1, source: "a")), \(sample(0, source: "b")), \(sample(0, source: "c"))]",
      sample(0, source: "b"), sample(1, source: "a"), sample(3, source: "c"), #"{"y": 1, "x": {}, "source": "d"}"#,
    ])
    let stats = try await daemon.stats { $0.messages == 6 }
    #expect(stats.rejected == ["limit": 2])
    #expect(stats.step == 4 && stats.sequences.sources == 2 && stats.sequences.duplicates == 0)
    #expect(daemon.log.lines("message rejected").first?.fields["problem"]?.contains("limits.sources, 2,") == true)
    try await daemon.stop()
  }

  /// Names that are the same text in other bytes are two sources, and no key of one answer.
  @Test func namesThatLookTheSameAreTwo() async throws {
    let daemon = try await TestDaemon(in: place)
    try await daemon.push([sample(5, source: "\u{E9}"), sample(3, source: "e\u{301}"), sample(3, source: "e\u{301}")])
    let stats = try await daemon.stats { $0.messages == 3 }
    #expect(stats.step == 2 && stats.sequences.sources == 2 && stats.sequences.duplicates == 1)
    #expect(stats.sequences.bySource["\u{E9}"] == Stats.Sequences.Source(last: 3, missing: 0, duplicates: 1))
    try await daemon.stop()
  }

  /// Of many sources those are told by name that have something to tell.
  @Test func manySourcesAreSummedUp() async throws {
    let daemon = try await TestDaemon(in: place)
    var stream = (0..<150).map { sample(3, source: "s\($0)") }
    stream += [sample(3, source: "s149"), sample(10, source: "s140")]
    try await daemon.push(stream)
    let total = UInt64(stream.count)
    let stats = try await daemon.stats { $0.messages == total }
    #expect(stats.sequences.sources == 150 && stats.sequences.missing == 6 && stats.sequences.duplicates == 1)
    #expect(stats.sequences.bySource.count == 100)
    #expect(stats.sequences.bySource["s149"] == Stats.Sequences.Source(last: 3, missing: 0, duplicates: 1))
    #expect(stats.sequences.bySource["s140"] == Stats.Sequences.Source(last: 10, missing: 6, duplicates: 0))
    #expect(stats.sequences.bySource["s0"] != nil && stats.sequences.bySource["s120"] == nil)
    try await daemon.stop()
  }
}

/// Messages that are numbered as a whole, by a frame of their own.
@Suite(.timeLimit(.minutes(2))) struct ServiceEnvelopeTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  private func utf8(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

  private func arrays(_ header: String, _ value: Float) -> [[UInt8]] {
    [Array(header.utf8), withUnsafeBytes(of: value) { Array($0) }, withUnsafeBytes(of: Float(1)) { Array($0) }]
  }

  @Test func messagesOfAnyFormatAreLearnedOnce() async throws {
    let daemon = try await TestDaemon(in: place)
    func header(_ seq: Int) -> String { #"{"dtype": "<f4", "shape": [1, 1], "source": "p", "seq": \#(seq)}"# }
    let fresh: [[[UInt8]]] = [
      utf8(#"{"source": "p", "seq": 1}"#, "1 | a:1\n2 | b:2"), utf8("topic", #"{"source": "p", "seq": 2}"#, "3 | a:1"),
      arrays(header(3), 0.5), utf8(#"{"source": "p", "seq": 7}"#, #"{"y": 4, "x": {"a": 2}}"#),
      // Nothing but a source: no number.
      utf8(#"{"source": "p"}"#, "5 | b:1"), utf8(#"{"seq": 0}"#, "6 | b:1"), utf8("topic", "7 | a:1"),
    ]
    let again: [[[UInt8]]] = [
      utf8(#"{"source": "p", "seq": 1}"#, "1 | a:1\n2 | b:2\n| c"), arrays(header(2), 9), arrays(header(7), 9),
      utf8(#" {"seq": 5, "source": "p"}"#, "9 | z:1"), utf8(#"{"seq": 0}"#, "6 | b:1"),
    ]
    try await daemon.push(fresh + again)
    let stats = try await daemon.stats { $0.messages == 12 }
    #expect(stats.rejected.isEmpty && stats.step == 8 && stats.unlearned == 0)
    #expect(
      stats.sequences.bySource == [
        "p": Stats.Sequences.Source(last: 7, missing: 3, duplicates: 4),
        "": Stats.Sequences.Source(last: 0, missing: 0, duplicates: 1),
      ])
    try await daemon.stop()
    let plain = [
      "1 | a:1\n2 | b:2", "3 | a:1", #"{"y": 1, "x": [0.5]}"#, #"{"y": 4, "x": {"a": 2}}"#, "5 | b:1", "6 | b:1",
      "7 | a:1",
    ]
    let expected = try model(plain).learner.coefficients()
    // What is left out may still have named features.
    let learned = try #require(try place.newestModel()).learner.coefficients()
    #expect(learned.prefix(expected.count) == expected[...] && learned.dropFirst(expected.count).allSatisfy { $0 == 0 })
  }

  @Test func brokenEnvelopesAreRejected() async throws {
    let daemon = try await TestDaemon(in: place)
    let broken: [(reason: String, frames: [[UInt8]])] = [
      ("shape", utf8(#"{"source": "p", "seq": -1}"#, "1 | a")), ("shape", utf8(#"{"seq": 0.5}"#, "1 | a")),
      ("shape", utf8(#"{"seq": 1e300}"#, "1 | a")), ("shape", utf8(#"{"source": 3, "seq": 1}"#, "1 | a")),
      ("shape", utf8(#"{"source": "", "seq": 1}"#, "1 | a")),
      ("duplicate_field", utf8(#"{"seq": 1, "seq": 2}"#, "1 | a")),
      ("shape", arrays(#"{"dtype": "<f4", "shape": [1, 1], "seq": "x"}"#, 1)),
      ("limit", utf8(#"{"source": "\#(String(repeating: "s", count: 1025))", "seq": 1}"#, "1 | a")),
      // The envelope is right, and the payload is not: its number has not been here.
      ("feature_name", utf8(#"{"source": "p", "seq": 1}"#, "1 a")),
    ]
    try await daemon.push(broken.map(\.frames) + [utf8(#"{"source": "p", "seq": 1}"#, "1 | a")])
    let total = UInt64(broken.count) + 1
    let stats = try await daemon.stats { $0.messages == total }
    var expected: [String: UInt64] = [:]
    for (reason, _) in broken { expected[reason, default: 0] += 1 }
    #expect(stats.rejected == expected && stats.step == 1)
    #expect(stats.sequences.bySource == ["p": Stats.Sequences.Source(last: 1, missing: 0, duplicates: 0)])
    try await daemon.stop()
  }
}
