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
