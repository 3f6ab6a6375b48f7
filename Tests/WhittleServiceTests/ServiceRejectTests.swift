import Logging
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// What cannot be learned is counted by its reason and changes nothing.
@Suite(.timeLimit(.minutes(2))) struct ServiceRejectTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  @Test func brokenMessagesAreCountedAndChangeNothing() async throws {
    let daemon = try await TestDaemon(in: place, ["limits.features_per_sample": "3"])
    let good = messages(30, seed: 6)
    func frames(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }
    let broken: [(reason: String, frames: [[UInt8]])] = [
      ("frames", frames("topic", good[0], good[0])),
      ("frames", frames("a", "b", "c", "d")),
      ("frames", Array(repeating: Array(good[0].utf8), count: 100)),
      ("empty", [[]]), ("empty", frames("topic", "")), ("empty", frames("[]")),
      ("broken_json", frames(#"{"y": 1, "x": {"#)), ("shape", frames(#"{"y": 1, "x": 3}"#)),
      ("target", frames(#"{"y": 1e300, "x": {"a": 1}}"#)), ("not_utf8", [[0x31, 0x20, 0x7C, 0x20, 0xFF]]),
      ("limit", frames(#"{"y": 1, "x": [1, 1, 1, 1]}"#)), ("unknown_field", frames(#"{"y": 1, "x": {}, "z": 1}"#)),
      ("limit", frames(#"[{"y": 1, "x": {"new": 1}}, {"y": 1, "x": [1, 1, 1, 1]}]"#)),
    ]
    var expected: [String: UInt64] = [:]
    for (reason, _) in broken { expected[reason, default: 0] += 1 }
    // One broken one after each good one, and good ones to the end.
    var stream: [[[UInt8]]] = []
    for (position, message) in good.enumerated() {
      stream.append([Array(message.utf8)])
      if position < broken.count { stream.append(broken[position].frames) }
    }
    try await daemon.push(stream)
    let total = UInt64(stream.count)
    let stats = try await daemon.stats { $0.messages == total }
    #expect(stats.rejected == expected)
    #expect(stats.health == .ok)
    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(try model(good)))
    let log = daemon.log.lines("message rejected")
    #expect(log.first?.level == .warning && log.first?.fields["reason"] == "frames")
    #expect(log.first?.fields["problem"]?.contains("the message has 3 frames") == true)
    #expect(log.count < broken.count, "at most one line a second")
  }

  @Test func samplesThatAreNotToBeLearnedAreCounted() async throws {
    let daemon = try await TestDaemon(in: place)
    try await daemon.push([#"[{"x": {"a": 1}}, {"y": 1, "x": {"b": 1}}, {"y": 1, "x": {"c": 1}, "weight": 0}]"#])
    let stats = try await daemon.stats { $0.messages == 1 }
    #expect(stats.samples == 1 && stats.unlearned == 2 && stats.step == 1 && stats.rejected.isEmpty)
    #expect(stats.features == 1)
    try await daemon.stop()
  }

  @Test func topicsThatNobodyAskedForAreNotReceived() async throws {
    let daemon = try await TestDaemon(in: place, ["ingest.sub.topics": "wanted,also"])
    func frames(_ topic: String, _ target: Int) -> [[UInt8]] {
      [Array(topic.utf8), Array("{\"y\": \(target), \"x\": {\"a\": 1}}".utf8)]
    }
    // Both subscriptions must be there before anything is sent; what is sent last is waited for.
    try await daemon.publish(
      [frames("unwanted", 1), frames("wanted", 2), frames("none", 3), frames("also/below", 4)], subscriptions: 2)
    let stats = try await daemon.stats { $0.messages == 2 }
    #expect(stats.samples == 2)
    try await daemon.stop()
    let expected = try model([#"{"y": 2, "x": {"a": 1}}"#, #"{"y": 4, "x": {"a": 1}}"#])
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(expected))
  }
}
