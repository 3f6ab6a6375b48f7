import FoundationEssentials
import OnlineLearning
import Testing
import WhittleProtocol

@testable import WhittleService

@Suite(.timeLimit(.minutes(2))) struct ServicePublishTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  private func coefficients(_ frames: [[UInt8]]) -> Coefficients? {
    guard frames.count == 2, frames[0] == Array(Topic.coefficients.rawValue.utf8) else { return nil }
    return try? JSONDecoder().decode(Coefficients.self, from: Data(frames[1]))
  }

  private func stats(_ frames: [[UInt8]]) -> Stats? {
    guard frames.count == 2, frames[0] == Array(Topic.stats.rawValue.utf8) else { return nil }
    return try? JSONDecoder().decode(Stats.self, from: Data(frames[1]))
  }

  @Test func everySoManySamples() async throws {
    let daemon = try await TestDaemon(in: place, ["publish.every_samples": "3"])
    let sample = #"{"y": 1, "x": {"a": 1}}"#
    // One at a time, each waited for, so that no publication falls together with the next; from the first that
    // arrives on, they come at every third step.
    let received = try await daemon.published {
      for step in 1...UInt64(30) {
        try await daemon.push([sample])
        try await daemon.stats { $0.step == step }
      }
    } until: {
      $0.last?[0] == Array("stats".utf8) && self.stats($0.last ?? [])?.step == 30
    }
    let steps = received.compactMap { stats($0)?.step }
    #expect(steps == Array(stride(from: try #require(steps.first), through: 30, by: 3)))
    #expect(steps.allSatisfy { $0 % 3 == 0 })
    #expect(received.compactMap { coefficients($0)?.step } == steps, "both topics, of the same step")
    let expected = try model(Array(repeating: sample, count: 30))
    let last = try #require(received.compactMap { coefficients($0) }.last)
    #expect(last.values == expected.learner.coefficients() && last.names == ["a"])
    try await daemon.stop()
  }

  @Test func everySoManySeconds() async throws {
    let daemon = try await TestDaemon(in: place, ["publish.every_seconds": "0.02"])
    let received = try await daemon.published {
    } until: {
      $0.count { $0[0] == Array("stats".utf8) } >= 4
    }
    let uptimes = received.compactMap { stats($0)?.uptimeSeconds }
    for (earlier, later) in zip(uptimes, uptimes.dropFirst()) { #expect(later - earlier >= 0.02) }
    #expect(received.compactMap { stats($0)?.step }.allSatisfy { $0 == 0 }, "also while nothing is learned")
    try await daemon.stop()
  }

  @Test func aLastTimeWhenItStops() async throws {
    let daemon = try await TestDaemon(in: place, ["publish.every_seconds": "0.01"])
    let received = try await daemon.published(afterFirst: true) {
      try await daemon.push([#"{"y": 1, "x": {"a": 1, "gone": 1e-30}}"#])
      try await daemon.stats { $0.step == 1 }
      try await daemon.stop()
    } until: {
      self.stats($0.last ?? [])?.step == 1
    }
    let last = try #require(received.compactMap { coefficients($0) }.last)
    #expect(last.names == ["a"], "only those that are not zero")
    #expect(last.features == 2 && last.activeSet == 1)
  }

  @Test func nothingByItselfWhenBothAreOff() async throws {
    let daemon = try await TestDaemon(in: place)
    let received = try await daemon.published {
      try await daemon.push(messages(20, seed: 8))
      for _ in 0..<20 { try await daemon.stats { $0.messages == 20 } }
      // Who subscribes has to be there for the last one.
      try await daemon.stats { $0.connections?["publish"]?.open == 1 }
      try await daemon.stop()
    } until: {
      self.stats($0.last ?? []) != nil
    }
    let mark = try received.last.map { try JSONDecoder().decode(PublicationMark.self, from: Data($0[1])) }
    #expect(mark?.sequence == 1, "the first one is the last, when it stops")
  }
}
