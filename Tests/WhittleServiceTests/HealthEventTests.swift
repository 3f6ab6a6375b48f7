import FoundationEssentials
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// What subscribers hear of checkpoints, of a disk that fails, and of numbers that are missing.
@Suite(.timeLimit(.minutes(2))) struct HealthEventTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  private func events(_ received: [[[UInt8]]]) -> [Event] {
    received.filter { $0[0] == Array("event".utf8) }.compactMap {
      try? JSONDecoder().decode(Event.self, from: Data($0[1]))
    }
  }

  @Test func aDiskThatFailsAndIsBack() async throws {
    let daemon = try await TestDaemon(in: place, ["publish.every_seconds": "0.02"])
    let place = place
    let aside = "\(place.temporary.path)/aside"
    let received = try await daemon.published(afterFirst: true) {
      try await daemon.push([#"{"y": 1, "x": {"a": 1}}"#])
      try await daemon.stats { $0.step == 1 }
      let _: CheckpointWritten = try await daemon.ask(#"{"op": "checkpoint"}"#)
      try FileManager.default.moveItem(atPath: place.state, toPath: aside)
      try place.temporary.write([], to: "state")
      // The same problem twice is told once.
      for _ in 0..<2 { _ = try await daemon.refusal([Array(#"{"op": "checkpoint"}"#.utf8)]) }
      try await daemon.push([#"{"y": 1, "x": {"a": 1}}"#])
      try await daemon.stats { $0.step == 2 && $0.health == .degraded }
      try FileManager.default.removeItem(atPath: place.state)
      try FileManager.default.moveItem(atPath: aside, toPath: place.state)
      let _: CheckpointWritten = try await daemon.ask(#"{"op": "checkpoint"}"#)
      try await daemon.stats { $0.health == .ok }
    } until: {
      self.events($0).last?.kind == .recovered
    }
    try await daemon.stop()
    let events = events(received)
    #expect(events.map(\.kind) == [.checkpointWritten, .degraded, .checkpointWritten, .recovered])
    let checkpoints = events.compactMap(\.checkpoint)
    #expect(events.first?.step == 1 && events.last?.step == 2)
    #expect(checkpoints.map(\.file).allSatisfy { $0.hasPrefix(place.state) })
    for checkpoint in checkpoints {
      let size = try FileManager.default.attributesOfItem(atPath: checkpoint.file)[.size] as? Int
      #expect(checkpoint.bytes == size && checkpoint.seconds > 0)
    }
    let problems = events.compactMap(\.problem)
    #expect(problems.count == 2 && problems.first == problems.last)
    #expect(problems[0].contains("the last checkpoint could not be written: open failed on"), "\(problems)")
    #expect(events[1].message == "learning goes on, but \(problems[0])")
  }

  @Test func numbersThatAreMissing() async throws {
    let daemon = try await TestDaemon(in: place, ["publish.every_seconds": "0.02"])
    func sample(_ number: Int, _ source: String?) -> String {
      let name = source.map { #""source": "\#($0)", "# } ?? ""
      return #"{\#(name)"seq": \#(number), "y": 1, "x": {"a": 1}}"#
    }
    let stream = [
      sample(1, "pump"), sample(5, "pump"), sample(2, nil), sample(4, nil),
      // Held back, since its source was told of just now: both in one message.
      "[\(sample(7, "pump")), \(sample(9, "pump"))]", sample(3, "pump"),
    ]
    let received = try await daemon.published(afterFirst: true) {
      try await daemon.push(stream)
      try await daemon.stats { $0.messages == 6 }
    } until: { received in
      guard let last = received.last, last[0] == Array("stats".utf8) else { return false }
      return (try? JSONDecoder().decode(Stats.self, from: Data(last[1])))?.messages == 6
    }
    try await daemon.stop()
    let gaps = events(received).filter { $0.kind == .sequenceGap }
    // Where the machine is slow, a second goes by and the others are told as well.
    #expect(
      gaps.prefix(2).map(\.gap) == [
        Event.Gap(source: "pump", from: 2, to: 4, unpublishedBefore: 0),
        Event.Gap(source: nil, from: 3, to: 3, unpublishedBefore: 0),
      ])
    #expect(gaps.first?.message.hasPrefix("source \"pump\" left out numbers 2 to 4: ") == true)
    #expect(gaps.dropFirst().first?.message.hasPrefix("the source without a name left out number 3: ") == true)
  }

  @Test func gapsAreToldOnceASecondOfEachSource() {
    var gaps = GapEvents()
    let (pump, valve) = (Array("pump".utf8), Array("valve".utf8))
    #expect(gaps.admit(pump, now: 10) == 0)
    #expect(gaps.admit(pump, now: 10.2) == nil && gaps.admit(pump, now: 10.9) == nil)
    #expect(gaps.admit(valve, now: 10.9) == 0)
    #expect(gaps.admit(pump, now: 11) == 2)
    #expect(gaps.admit(pump, now: 12) == 0)
  }

  /// However many sources there are, and however often: bounded in events, and every gap of a source is told or counted
  /// as long as its source has room.
  @Test(arguments: [UInt64(1), 2, 3]) func gapsOfManySources(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var gaps = GapEvents()
    var (now, told) = (0.0, [Double]())
    var untold: [Int: UInt64] = [:]
    let sources = seed == 3 ? 5000 : 40
    for _ in 0..<20_000 {
      now += random.uniform(0..<0.01)
      let source = random.below(sources)
      if let unpublished = gaps.admit(Array("s\(source)".utf8), now: now) {
        told.append(now)
        if sources < GapEvents.room { #expect(unpublished == untold[source, default: 0], "seed=\(seed)") }
        untold[source] = 0
      } else {
        untold[source, default: 0] += 1
      }
    }
    let most = told.map { start in told.count { $0 >= start && $0 < start + 1 } }.max()
    #expect(most.map { $0 <= 2 * GapEvents.perSecond } == true, "seed=\(seed)")
    #expect(told.count > 1000, "seed=\(seed)")
  }
}
