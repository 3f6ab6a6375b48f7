import FoundationEssentials
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleService

/// Messages that follow others of their source.
@Suite(.timeLimit(.minutes(2))) struct ServiceTurnTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  private struct Sent {
    var source: String
    var seq: Int
    var previous: Int?
    var isBroken = false
    var isArray = false

    var frames: [[UInt8]] {
      let chain = previous.map { #", "previous": \#($0)"# } ?? ""
      let label = #""source": "\#(source)", "seq": \#(seq)\#(chain)"#
      let target = withUnsafeBytes(of: isBroken ? Float.nan : 1) { Array($0) }
      return isArray
        ? [Array(#"{"dtype": "<f4", "shape": [1, 1], \#(label)}"#.utf8), [0, 0, 128, 63], target]
        : [Array("{\(label)}".utf8), Array((isBroken ? "1 | a:b" : "1 | a:\(seq)").utf8)]
    }
  }

  /// What becomes of a message: the daemon's rule, told by sets of numbers.
  private struct Source {
    var accepted: Set<Int> = []
    var passedOver: Set<Int> = []

    mutating func take(_ sent: Sent) -> String {
      let last = accepted.max() ?? -1
      let reached = max(last, passedOver.max() ?? 0, 0)
      if sent.seq > last, let previous = sent.previous, previous > reached { return "sequence" }
      if sent.isBroken {
        if sent.previous != nil, sent.seq > last { passedOver.insert(sent.seq) }
        return "broken"
      }
      if sent.seq <= last { return "duplicate" }
      accepted.insert(sent.seq)
      return "learned"
    }
  }

  private func exchange(_ messages: [Sent]) async throws -> [IngestReply] {
    let endpoint = place.router
    let frames = messages.enumerated().map { [Array("\($0)".utf8), []] + $1.frames }
    return try await onThread {
      let socket = try Socket(.dealer, in: Context())
      try socket.set(.linger(0))
      try socket.set(.receiveTimeout(30_000))
      try socket.connect(endpoint)
      for message in frames { try socket.send(message) }
      return try frames.map { _ in
        guard let answer = try socket.receive() else { throw NothingCame() }
        return try JSONDecoder().decode(IngestReply.self, from: Data(answer.last ?? []))
      }
    }
  }

  @Test(arguments: UInt64(0)..<8)
  func whatFollowsOneThatIsNotHereIsNotLearned(_ seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let daemon = try await TestDaemon(in: place)
    var sources: [String: Source] = [:]
    var sent: [Sent] = []
    var expected: [(outcome: String, last: Int)] = []
    for _ in 0..<600 {
      let name = random.pick(["a", "b"])
      let top = max(sources[name]?.accepted.max() ?? 0, sources[name]?.passedOver.max() ?? 0)
      let seq = max(1, top + Int.random(in: -3...3, using: &random))
      let previous = random.pick([nil, seq - 1, seq - 1, seq - 1, max(0, seq - 2)])
      let message = Sent(
        source: name, seq: seq, previous: previous, isBroken: Int.random(in: 0..<4, using: &random) == 0,
        isArray: Bool.random(using: &random))
      let outcome = sources[name, default: Source()].take(message)
      sent.append(message)
      expected.append((outcome, sources[name]?.accepted.max() ?? 0))
    }
    let answers = try await exchange(sent)
    for (number, (answer, (outcome, last))) in zip(answers, expected).enumerated() {
      let comment: Comment = "seed=\(seed) message \(number) \(sent[number]): \(answer)"
      switch answer {
      case .success(let accepted):
        #expect(outcome == (accepted.duplicates == 1 ? "duplicate" : "learned"), comment)
        #expect(accepted.last == UInt64(last), comment)
      case .failure(let failure):
        #expect(outcome == (failure.code == IngestFailure.sequence ? "sequence" : "broken"), comment)
        #expect(failure.last == UInt64(last), comment)
      }
    }
    for outcome in ["sequence", "broken", "duplicate", "learned"] {
      #expect(expected.count { $0.outcome == outcome } > 20, "seed=\(seed): hardly anything is \(outcome)")
    }
    let stats = try await daemon.stats()
    #expect(stats.rejected["sequence"] == UInt64(expected.count { $0.outcome == "sequence" }))
    #expect(stats.step == UInt64(expected.count { $0.outcome == "learned" }), "seed=\(seed)")
    try await daemon.stop()
  }

  @Test func theAnswerSaysWhatIsHere() async throws {
    let daemon = try await TestDaemon(in: place, ["limits.sources": "1"])
    let answers = try await exchange([
      Sent(source: "a", seq: 5, previous: 4), Sent(source: "a", seq: 1, previous: 0),
      Sent(source: "a", seq: 9, previous: 7), Sent(source: "b", seq: 1, previous: 0),
      Sent(source: "b", seq: 1, previous: 0, isBroken: true),
      Sent(source: "b", seq: 2, previous: 1),
    ])
    let told: [(String, UInt64?)?] = answers.map {
      if case .failure(let failure) = $0 { (failure.code, failure.last) } else { nil }
    }
    #expect(told.map { $0?.0 } == ["sequence", nil, "sequence", "limit", "feature_value", "sequence"])
    #expect(told.map { $0?.1 } == [0, nil, 1, nil, nil, 0])
    if case .failure(let failure) = answers[2] {
      #expect(failure.message.contains("message 9 of source \"a\" follows 7, and the last that is here is 1;"))
    }
    try await daemon.stop()
  }

  /// What was passed over is forgotten with the daemon that did it: a rejected message leaves nothing that lasts.
  @Test func whatWasRejectedIsForgotten() async throws {
    var daemon = try await TestDaemon(in: place)
    _ = try await exchange([
      Sent(source: "a", seq: 1, previous: 0), Sent(source: "a", seq: 2, previous: 1, isBroken: true),
    ])
    try await daemon.stop()
    daemon = try await TestDaemon(in: place)
    let answers = try await exchange([Sent(source: "a", seq: 3, previous: 2), Sent(source: "a", seq: 3, previous: 1)])
    guard case .failure(let failure) = answers[0], case .success(let accepted) = answers[1] else {
      Issue.record("\(answers)")
      return
    }
    #expect(failure.code == "sequence" && failure.last == 1 && accepted.last == 3 && accepted.samples == 1)
    try await daemon.stop()
  }
}
