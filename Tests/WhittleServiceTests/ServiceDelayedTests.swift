import OnlineLearning
import SampleFormats
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// Samples whose targets come later are learned then, with what was known before.
@Suite(.timeLimit(.minutes(2))) struct ServiceDelayedTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  /// All features, so that the order in which the dictionary meets them is the same everywhere.
  private let names = #"{"y": 0, "x": {"a0": 1, "a1": 1, "a2": 1, "a3": 1, "a4": 1}}"#

  /// The oracle learns whole samples when their targets come, and notes what it would have said when they came first.
  @Test(arguments: [UInt64(1), 2, 3])
  func lateTargetsAreLearnedWithTheFeaturesOfThatTime(_ seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let daemon = try await TestDaemon(in: place)
    var expected = Model(LearnerConfiguration())
    try expected.learn([names])
    let loss = LossFunction(.squared)
    var sum = loss.value(0, 0)
    var records = [names]
    var waiting: [(id: Int, features: String, margin: Double)] = []
    let decoder = try #require(SampleDecoder(loss: .squared))
    var batch = SampleBatch()
    func margin(_ features: String) throws -> Double {
      let question = Array(#"{"x": \#(features)}"#.utf8)
      try decoder.decode(question.span, for: .predict, into: &batch, dictionary: &expected.space)
      return expected.margin(of: 0, in: batch)
    }
    for id in 0..<150 {
      let features = #"{"a\#(random.next() % 5)": \#(Double(random.next() % 100) / 50 - 1)}"#
      let target = Double(random.next() % 100) / 10
      switch random.next() % 3 {
      case 0:
        waiting.append((id, features, try margin(features)))
        records.append(#"{"id": \#(id), "x": \#(features)}"#)
      case 1 where !waiting.isEmpty:
        let late = waiting.remove(at: Int(random.next() % UInt64(waiting.count)))
        sum += loss.value(late.margin, target)
        try expected.learn([#"{"y": \#(target), "x": \#(late.features)}"#])
        // With other features or with none: those of that time count.
        let more = Bool.random(using: &random) ? #", "x": {"a0": 100}"# : ""
        records.append(#"{"id": "\#(late.id)", "y": \#(target)\#(more)}"#)
      default:
        sum += loss.value(try margin(features), target)
        let sample = #"{"y": \#(target), "x": \#(features)}"#
        try expected.learn([sample])
        records.append(Bool.random(using: &random) ? sample : #"{"id": \#(id), \#(sample.dropFirst())"#)
      }
    }
    // Alone and in batches.
    var messages: [String] = []
    while !records.isEmpty {
      let taken = records.prefix(Int(random.next() % 6) + 1)
      records.removeFirst(taken.count)
      messages.append(taken.count == 1 ? taken[0] : "[\(taken.joined(separator: ","))]")
    }
    try await daemon.push(messages)
    let total = UInt64(messages.count)
    let stats = try await daemon.stats { $0.messages == total }
    let kept = UInt64(waiting.count)
    #expect(stats.rejected.isEmpty && stats.step == expected.steps && stats.delayed.unmatched == 0, "seed=\(seed)")
    #expect(UInt64(stats.delayed.waiting) == kept && stats.unlearned == stats.delayed.matched + kept)
    let mean = try #require(stats.loss.overall)
    #expect(abs(mean - sum / Double(expected.steps)) <= 1e-5 * mean, "seed=\(seed)")
    try await daemon.stop()
    let learned = try #require(try place.newestModel())
    #expect(learned.learner.coefficients() == expected.learner.coefficients(), "seed=\(seed)")
    #expect(learned.learner.intercept == expected.learner.intercept, "seed=\(seed)")
  }

  /// Stopped and started again and again, learns the same as one that never stopped.
  @Test(arguments: [UInt64(4), 5])
  func samplesWaitOnAfterARestart(_ seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    var records = [names]
    for _ in 0..<90 {
      let id = random.next() % 20
      let features = #"{"a\#(random.next() % 5)": \#(Double(random.next() % 100) / 50 - 1)}"#
      let target = random.uniform(0..<9)
      records.append(random.below(2) == 0 ? #"{"id": \#(id), "x": \#(features)}"# : #"{"id": \#(id), "y": \#(target)}"#)
    }
    let uninterrupted = try DaemonPlace()
    var daemon = try await TestDaemon(in: uninterrupted)
    try await daemon.push(records)
    let total = UInt64(records.count)
    let expected = try await daemon.stats { $0.messages == total }
    try await daemon.stop()
    daemon = try await TestDaemon(in: place)
    var sent: UInt64 = 0
    for record in records {
      // Also where nothing was learned since the last checkpoint, and only a sample waits.
      if random.below(6) == 0 {
        try await daemon.stop()
        daemon = try await TestDaemon(in: place)
        sent = 0
      }
      sent += 1
      try await daemon.push([record])
      _ = try await daemon.stats { [sent] in $0.messages == sent }
    }
    let stats = try await daemon.stats { _ in true }
    try await daemon.stop()
    #expect(expected.delayed.matched > 10 && expected.delayed.waiting > 2, "seed=\(seed)")
    #expect(stats.delayed.waiting == expected.delayed.waiting, "seed=\(seed)")
    #expect(stats.delayed.matched == expected.delayed.matched, "seed=\(seed)")
    #expect(stats.delayed.forgotten == expected.delayed.forgotten, "seed=\(seed)")
    let models = try [place, uninterrupted].map { try ModelBits(#require(try $0.newestModel())) }
    #expect(models[0] == models[1], "seed=\(seed)")
    // Fewer may wait now.
    daemon = try await TestDaemon(in: place, ["delayed.samples": "2"])
    #expect(try await daemon.stats { _ in true }.delayed.waiting == 2)
    try await daemon.stop()
  }

  @Test func tagsOfVowpalWabbitTextAreIDs() async throws {
    let daemon = try await TestDaemon(in: place)
    var expected = Model(LearnerConfiguration())
    try expected.learn([names, "1 | a1:0.5", "3 2 | a0:2 a1:-1", "2 | a1", "-1 | a2:3"])
    // An id is the same in text and JSON.
    try await daemon.push([
      names, "'x | a0:2 a1:-1\n1 | a1:0.5\n'7 | a1\n| a4", "3 2 'x|",
      #"[{"id": 7, "y": 2}, {"id": "z", "x": {"a2": 3}}]"#, "-1 'z| a0:100",
    ])
    let stats = try await daemon.stats { $0.messages == 5 }
    #expect(stats.rejected.isEmpty && stats.step == expected.steps)
    #expect(stats.delayed == Stats.Delayed(waiting: 0, matched: 3, forgotten: 0, unmatched: 0))
    try await daemon.stop()
    let learned = try #require(try place.newestModel())
    #expect(learned.learner.coefficients() == expected.learner.coefficients())
    #expect(learned.learner.intercept == expected.learner.intercept)
  }

  @Test func targetsOfUnknownSamplesAreCounted() async throws {
    let daemon = try await TestDaemon(in: place, ["delayed.samples": "2"])
    try await daemon.push([
      names, #"[{"id": "a", "x": {"a0": 1}}, {"id": "b", "x": {"a1": 1}}, {"id": "c", "x": {"a2": 1}}]"#,
      #"[{"id": "a", "y": 1}, {"id": "b", "y": 1}, {"id": "b", "y": 1}, {"id": "never", "y": 1, "x": {"a3": 1}}]"#,
    ])
    let stats = try await daemon.stats { $0.messages == 3 }
    #expect(
      stats.delayed == Stats.Delayed(waiting: 1, matched: 1, forgotten: 1, unmatched: 2),
      "b, c wait when a's target comes")
    #expect(stats.step == 3 && stats.unlearned == 5)
    try await daemon.stop()
  }

  @Test func noneWaitWhereNoneMay() async throws {
    let daemon = try await TestDaemon(in: place, ["delayed.samples": "0"])
    try await daemon.push([#"{"id": "a", "x": {"new": 1}}"#, #"{"id": "a", "y": 1, "x": {"a0": 1}}"#])
    let stats = try await daemon.stats { $0.messages == 2 }
    #expect(stats.delayed == Stats.Delayed(waiting: 0, matched: 0, forgotten: 0, unmatched: 0))
    #expect(stats.step == 1 && stats.unlearned == 1 && stats.features == 1)
    try await daemon.stop()
  }
}
