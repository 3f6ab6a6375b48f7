import FoundationEssentials
import Logging
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// What subscribers to `event` hear.
@Suite(.timeLimit(.minutes(2))) struct ServiceEventTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  /// Messages of fifty samples each, of five standardized features.
  private func stream(_ count: Int, seed: UInt64) -> [String] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let samples = (0..<50).map { _ in
        let values = (0..<5).map { _ in Double.random(in: -1.7...1.7, using: &generator) }
        return "{\"y\": \(values[0] - values[1] + 0.5), \"x\": [\(values.map { "\($0)" }.joined(separator: ", "))]}"
      }
      return "[\(samples.joined(separator: ", "))]"
    }
  }

  private func decoded<Value: Decodable>(_ frames: [[UInt8]], _ topic: Topic) -> Value? {
    guard frames.count == 2, frames[0] == Array(topic.rawValue.utf8) else { return nil }
    return try? JSONDecoder().decode(Value.self, from: Data(frames[1]))
  }

  @Test func anExplosionIsToldOnceAndTheDaemonLives() async throws {
    let settings = ["learning_rate.initial": "10", "publish.every_seconds": "0.02", "events.drift": "off"]
    let daemon = try await TestDaemon(in: place, settings)
    let samples = stream(120, seed: 1)
    let received = try await daemon.published(afterFirst: true) {
      try await daemon.push(samples)
    } until: {
      let stats: Stats? = self.decoded($0.last ?? [], .stats)
      return stats?.step == 6000 && stats?.diverging == true
    }
    let events: [Event] = received.compactMap { decoded($0, .event) }
    #expect(received.count { $0[0] == Array("event".utf8) } == 1)
    let event = try #require(events.first)
    #expect(event.kind == .divergenceBegan)
    #expect((1000...6000).contains(event.step))
    #expect(abs(event.time - unixSeconds()) < 600)
    let divergence = try #require(event.divergence)
    // η of the step that comes next, as it stood at the event.
    let expected = 10 / Double(event.step + 1).squareRoot().squareRoot()
    #expect(abs(divergence.stepSize - expected) <= 1e-9 * expected)
    #expect(try #require(divergence.loss) > 10 * (try #require(divergence.bestConstantLoss)))
    #expect(divergence.clampedUpdates > 0)
    #expect(event.message.contains("the step size \(String(expected).prefix(4))"), "\(event.message)")
    #expect(
      event.message.hasSuffix(
        "lower learning_rate.initial, scale the features, set learning_rate.update to invariant or set model.optimizer "
          + "to normalized"), "\(event.message)")

    let logged = daemon.log.lines("diverging: \(event.message)")
    #expect(logged.count == 1 && logged.first?.level == .warning)
    #expect(logged.first?.fields["step"] == "\(event.step)")
    #expect(logged.first?.fields["step_size"] == "\(divergence.stepSize)")
    let stats = try await daemon.stats()
    #expect(stats.diverging && stats.health == .ok && stats.step == 6000)
    let coefficients: Coefficients = try await daemon.ask(#"{"op": "coefficients"}"#)
    #expect(coefficients.values.count == 5 && coefficients.values.allSatisfy(\.isFinite))
    #expect(coefficients.intercept.isFinite)
    try await daemon.stop()
    // Being watched changes nothing.
    let configuration = LearnerConfiguration(learningRate: LearningRate(initial: 10))
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(try model(samples, configuration)))
  }

  /// Steps too large until about step 4,500, and small enough from there on.
  @Test func aModelThatRecoversIsToldToo() async throws {
    let daemon = try await TestDaemon(
      in: place,
      [
        "learning_rate.initial": "1500", "learning_rate.power": "1", "validation.half_life": "20",
        "publish.every_seconds": "0.02", "events.drift": "off",
      ])
    let samples = stream(400, seed: 2)
    let received = try await daemon.published(afterFirst: true) {
      try await daemon.push(samples)
    } until: {
      let stats: Stats? = self.decoded($0.last ?? [], .stats)
      return stats?.step == 20_000 && stats?.diverging == false
    }
    let events: [Event] = received.compactMap { decoded($0, .event) }
    #expect(events.map(\.kind) == [.divergenceBegan, .divergenceEnded])
    let last = try #require(events.last)
    #expect(last.message.contains(", with the step size 0."), "\(last.message)")
    #expect(daemon.log.lines("recovered: \(last.message)").map(\.level) == [.notice])
    try await daemon.stop()
  }
}
