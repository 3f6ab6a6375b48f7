import DiskDoubles
import Glibc
import Logging
import ModelStore
import OnlineLearning
import StreamLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// The disk fails in mid-stream: the daemon goes on learning and says what is wrong, promises nothing that it cannot keep, and recovers
/// by itself.
@Suite(.timeLimit(.minutes(3))) struct ServiceFaultTests {
  private let place: DaemonPlace
  private let disk = MemoryDisk()
  private let faulty: FaultyDisk
  private let stream = messages(330, seed: 77)

  private static let durable = [
    "ingest.router.acknowledge": "durable", "journal.interval_seconds": "0.002", "journal.segment_bytes": "4096",
    "publish.every_seconds": "0.02",
  ]

  init() throws {
    place = try DaemonPlace()
    faulty = FaultyDisk(over: disk)
  }

  /// What a start finds when the power fails now: all that was answered, and the model of exactly the messages recovered.
  private func expectNothingLost(of answered: Int, seed: UInt64, _ location: SourceLocation = #_sourceLocation) throws {
    let settings = try LoadedSettings(file: nil, environment: [:], flags: place.settings.mapValues { [$0] })
    let restored = try Restoration(settings, on: disk.crash(seed: seed), logger: CapturedLog().logger)
    let state = restored.recovered.state
    #expect(state.position >= UInt64(answered), "seed \(seed)", sourceLocation: location)
    let expected = try model(Array(stream.prefix(Int(state.position))))
    #expect(ModelBits(state.model) == ModelBits(expected), "seed \(seed)", sourceLocation: location)
  }

  /// Waits until so many messages are learned.
  private func learned(_ count: Int, by daemon: TestDaemon) async throws -> Stats {
    let steps = try model(Array(stream.prefix(count))).steps
    let stats = try await daemon.stats { $0.messages == UInt64(count) }
    #expect(stats.step == steps)
    return stats
  }

  /// Waits for a line of status.
  private func status(of daemon: TestDaemon, where condition: @escaping @Sendable (String) -> Bool) async throws {
    try await onThread {
      for _ in 0..<60 {
        guard let word = daemon.notify.next() else { break }
        if word.hasPrefix("STATUS="), condition(word) { return }
      }
      throw NothingCame()
    }
  }

  struct Broken: Sendable, CustomTestStringConvertible {
    let operation: FaultyDisk.Operation
    let call: String
    let code: Int32
    var manner = FaultyDisk.Fault.Manner.fail
    /// Whether neither journal nor checkpoint can be written.
    var stopsAll: Bool { operation == .write || operation == .synchronize }
    var testDescription: String { "\(call), \(manner): \(String(cString: strerror(code)))" }

    static let all =
      [ENOSPC, EROFS, EIO].flatMap { code in
        [
          Broken(operation: .write, call: "write", code: code),
          Broken(operation: .synchronize, call: "fsync", code: code),
          Broken(operation: .rename, call: "rename", code: code), Broken(operation: .open, call: "open", code: code),
        ]
      } + [
        Broken(operation: .write, call: "write", code: ENOSPC, manner: .tear),
        Broken(operation: .synchronize, call: "fsync", code: EIO, manner: .failAfterwards),
        Broken(operation: .rename, call: "rename", code: EIO, manner: .failAfterwards),
      ]
  }

  @Test(arguments: Broken.all)
  func degradedAndBackByItself(_ broken: Broken) async throws {
    // Where the journal goes on it is the next checkpoint that finds that the disk works again.
    let every = broken.stopsAll ? "0" : "0.03"
    let daemon = try await TestDaemon(
      in: place, Self.durable.merging(["checkpoint.every_seconds": every, "checkpoint.every_samples": "70"]) { $1 },
      on: faulty)
    let peer = try RouterPeer(place.router)
    try await peer.send(stream[..<100])
    try await peer.wait(answers: 100)

    faulty.plan(.from(1, of: [broken.operation], broken.manner, code: broken.code))
    try await peer.send(stream[100..<200])
    let degraded = try await daemon.stats { $0.health == .degraded }
    let why = "\(broken.call) failed on \(place.state)/"
    let cause = "\(String(cString: strerror(broken.code)))"
    #expect(degraded.problem?.contains(why) == true && degraded.problem?.contains(cause) == true)
    _ = try await learned(200, by: daemon)
    try await daemon.push(Array(stream[200..<220]))
    #expect(try await learned(220, by: daemon).health == .degraded, "learning goes on")
    try await status(of: daemon) { $0.contains("degraded: ") && $0.contains(why) }
    let answered = try await peer.takeAnswers()
    if broken.stopsAll { #expect(answered == 100, "nothing more can be safe") }
    for seed in 0..<3 as Range<UInt64> { try expectNothingLost(of: answered, seed: seed) }

    faulty.heal()
    try await peer.wait(answers: 200)
    for seed in 3..<6 as Range<UInt64> { try expectNothingLost(of: 200, seed: seed) }
    #expect(try await daemon.stats { $0.health == .ok }.problem == nil)
    try await status(of: daemon) { !$0.contains("degraded") }
    #expect(daemon.log.lines.contains { $0.message.hasPrefix("recovered: ") && $0.level == .notice })
    #expect(daemon.log.lines.contains { $0.message.hasPrefix("degraded: ") && $0.level == .error })
    if broken.stopsAll {
      #expect(daemon.log.lines("recovered: checkpoint and journal hold every message again").count == 1)
    }
    // Position 220 is that of the last message before these.
    try await peer.send(stream[220..<300])
    try await peer.wait(answers: 280)
    for seed in 6..<9 as Range<UInt64> { try expectNothingLost(of: 300, seed: seed) }
    #expect(peer.answered == Array(0..<280), "in order")
    try await daemon.stop()
    try expectNothingLost(of: 300, seed: 9)
  }

  /// One fsync fails and all after it would succeed: what it was for stays unsafe until a checkpoint has it.
  @Test(arguments: ["always", "interval"])
  func aFailedSyncIsNotMadeGoodByAnother(sync: String) async throws {
    let daemon = try await TestDaemon(
      in: place, Self.durable.merging(["journal.sync": sync]) { $1 }, on: faulty)
    let peer = try RouterPeer(place.router)
    try await peer.send(stream[..<100])
    try await peer.wait(answers: 100)
    let faulty = faulty
    faulty.plan(.at(1, of: [.synchronize]))
    // Neither the next segment nor a checkpoint gets its name.
    faulty.block([.rename])
    try await peer.send(stream[100..<200])
    _ = try await daemon.stats { $0.health == .degraded && $0.messages == 200 }
    try await onThread { faulty.waitForBlocked(2) }
    let stats = try await learned(200, by: daemon)
    #expect(stats.health == .degraded)
    let answered = try await peer.takeAnswers()
    #expect(answered == 100)
    for seed in 0..<5 as Range<UInt64> { try expectNothingLost(of: answered, seed: seed) }
    faulty.release()
    try await peer.wait(answers: 200)
    for seed in 5..<10 as Range<UInt64> { try expectNothingLost(of: 200, seed: seed) }
    try await daemon.stats { $0.health == .ok }
    #expect(peer.answered == Array(0..<200))
    try await daemon.stop()
  }

  // MARK: - A disk that takes its time

  @Test(arguments: [FaultyDisk.Operation.write, .synchronize])
  func whileTheJournalHangsQuestionsAreAnswered(operation: FaultyDisk.Operation) async throws {
    let faulty = faulty
    let daemon = try await TestDaemon(in: place, Self.durable, on: faulty)
    let peer = try RouterPeer(place.router)
    try await peer.send(stream[..<50])
    try await peer.wait(answers: 50)
    faulty.block([operation])
    try await peer.send(stream[50..<90])
    try await onThread { faulty.waitForBlocked() }
    #expect(try await learned(90, by: daemon).health == .ok, "slow is not broken")
    let prediction: Prediction = try await daemon.ask(#"{"op": "predict", "x": {"a": 1}}"#)
    #expect(prediction.prediction.isFinite)
    let answered = try await peer.takeAnswers()
    #expect(answered == 50)
    for seed in 0..<4 as Range<UInt64> { try expectNothingLost(of: answered, seed: seed) }
    faulty.release()
    try await peer.wait(answers: 90)
    for seed in 4..<8 as Range<UInt64> { try expectNothingLost(of: 90, seed: seed) }
    #expect(peer.answered == Array(0..<90))
    try await daemon.stop()
  }

  /// A stop waits for a disk that the next turn waits for: more was received than one turn takes.
  @Test func aStopWaitsForASlowDisk() async throws {
    let faulty = faulty
    // However busy the machine is, the time for draining is not over before questions were answered.
    let daemon = try await TestDaemon(
      in: place, ["journal.sync": "always", "shutdown.drain_seconds": "100"], on: faulty)
    let stream = messages(700, seed: 6)
    faulty.block([.synchronize])
    defer { faulty.release() }
    async let pushed: Void = daemon.push(stream)
    try await onThread { faulty.waitForBlocked() }
    try await pushed
    async let stopped: Void = daemon.stop()
    // Questions are answered while it drains. Quiet for far longer than would do otherwise.
    let start = try await daemon.stats().uptimeSeconds
    try await daemon.stats { $0.uptimeSeconds > start + 0.5 }
    faulty.release()
    try await stopped
    var store = try CheckpointStore(directory: place.state, on: disk)
    let newest = try #require(try store.newest().checkpoint)
    #expect(ModelBits(newest.model) == ModelBits(try model(stream)))
  }

  @Test func whileACheckpointHangsLearningGoesOn() async throws {
    let faulty = faulty
    let daemon = try await TestDaemon(
      in: place, Self.durable.merging(["journal.segment_bytes": "1048576"]) { $1 }, on: faulty)
    let peer = try RouterPeer(place.router)
    try await peer.send(stream[..<50])
    try await peer.wait(answers: 50)
    faulty.block([.rename])
    async let written: CheckpointWritten = daemon.ask(#"{"op": "checkpoint"}"#)
    try await onThread { faulty.waitForBlocked() }
    try await peer.send(stream[50..<150])
    // The journal is not held up.
    try await peer.wait(answers: 150)
    let stats = try await learned(150, by: daemon)
    #expect(stats.health == .ok && stats.checkpoint?.step ?? 0 < stats.step)
    try expectNothingLost(of: 150, seed: 1)
    faulty.release()
    #expect(try await written.step == model(Array(stream[..<50])).steps)
    try expectNothingLost(of: 150, seed: 2)
    try await daemon.stop()
  }

  @Test func anEngineThatIsAheadOfTheDiskWaitsForIt() async throws {
    let faulty = faulty
    let daemon = try await TestDaemon(
      in: place, ["journal.buffer_bytes": "65536", "journal.interval_seconds": "0.002"], on: faulty)
    let stream = messages(6000, seed: 5)
    let size = stream.reduce(0) { $0 + $1.utf8.count } / stream.count
    faulty.block([.write])
    async let pushed: Void = daemon.push(stream)
    try await onThread { faulty.waitForBlocked() }
    try await daemon.stats { $0.messages >= 65536 / UInt64(size + 64) }
    // Each question is at least a turn, in which the engine would take messages.
    var most: UInt64 = 0
    for _ in 0..<100 { most = max(most, try await daemon.stats().messages) }
    // The buffer, and a turn's worth.
    #expect(most <= 65536 / UInt64(size) + 2 * 256)
    faulty.release()
    try await pushed
    try await daemon.stats { $0.messages == 6000 }
    try await daemon.stop()
    var store = try CheckpointStore(directory: place.state, on: disk)
    #expect(try store.newest().checkpoint.map { ModelBits($0.model) } == ModelBits(try model(stream)))
  }

  // MARK: - The end

  /// Stops a daemon that cannot write a last checkpoint.
  ///
  /// - Returns: whether it says that the journal has all.
  private func stopDegraded(
    _ fault: FaultyDisk.Fault, _ settings: [String: String]
  ) async throws -> Bool? {
    let daemon = try await TestDaemon(in: place, settings, on: faulty)
    try await daemon.push(Array(stream[..<60]))
    _ = try await learned(60, by: daemon)
    faulty.plan(fault)
    try await daemon.push(Array(stream[60..<100]))
    _ = try await learned(100, by: daemon)
    let error = await #expect(throws: DaemonError.self) { try await daemon.stop() }
    guard case .lastCheckpoint(.system(_, _, ENOSPC), let isJournaled)? = error else {
      Issue.record("\(String(describing: error))")
      return nil
    }
    return isJournaled
  }

  @Test(arguments: [
    ("always", "durable"), ("interval", "durable"),
    ("always", "accepted"), ("interval", "accepted"), ("none", "accepted"),
  ])
  func stoppedWithAJournalThatHasAll(sync: String, acknowledge: String) async throws {
    let isJournaled = try await stopDegraded(
      .from(1, of: [.rename], code: ENOSPC), ["journal.sync": sync, "ingest.router.acknowledge": acknowledge])
    #expect(isJournaled == true)
    for seed in 0..<4 as Range<UInt64> { try expectNothingLost(of: 100, seed: seed) }
  }

  @Test(arguments: [FaultyDisk.Operation.write, .synchronize], ["durable", "accepted"])
  func stoppedWithAJournalThatHasNotAll(operation: FaultyDisk.Operation, acknowledge: String) async throws {
    let isJournaled = try await stopDegraded(
      .from(1, of: [operation], code: ENOSPC), ["ingest.router.acknowledge": acknowledge])
    #expect(isJournaled == false)
    for seed in 0..<4 as Range<UInt64> { try expectNothingLost(of: 0, seed: seed) }
  }
}
