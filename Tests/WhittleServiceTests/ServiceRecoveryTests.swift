import DiskDoubles
import ModelStore
import OnlineLearning
import StreamLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// What a start makes of a journal that is damaged, or that no sync has reached.
@Suite(.timeLimit(.minutes(2))) struct ServiceRecoveryTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  private func restored(from disk: any FileSystem) throws -> StreamLearner.State {
    let settings = try LoadedSettings(file: nil, environment: [:], flags: place.settings.mapValues { [$0] })
    return try Restoration(settings, on: disk, logger: CapturedLog().logger).recovered.state
  }

  /// A start that went on past damage leaves it behind with a checkpoint, so that the next one need not be told to.
  @Test(arguments: ["always", "off"]) func pastDamageThereIsACheckpointAtOnce(sync: String) async throws {
    let disk = MemoryDisk()
    let stream = messages(200, seed: 31)
    let settings = [
      "ingest.router.acknowledge": "durable", "journal.interval_seconds": "0.002", "journal.segment_bytes": "4096",
    ]
    let before = try await TestDaemon(in: place, settings, on: disk)
    let peer = try RouterPeer(place.router)
    // One after the other, so that there are several segments.
    for end in stride(from: 20, through: 200, by: 20) {
      try await peer.send(stream[end - 20..<end])
      try await peer.wait(answers: end)
    }
    let damaged = disk.crash(seed: 1)
    try await before.stop()
    let segments = try damaged.names(in: "\(place.state)/journal").filter { $0.hasPrefix("journal-") }.sorted()
    try #require(segments.count > 3)
    let path = "\(place.state)/journal/\(segments[2])"
    var bytes = try #require(damaged.contents(path))
    bytes[bytes.count / 2] ^= 1
    damaged.put(bytes, at: path)
    #expect(throws: DaemonError.self) { try restored(from: damaged) }

    let daemon = try await TestDaemon(
      in: place, ["journal.past_damage": "true", "journal.sync": sync], on: damaged)
    try await daemon.stats { $0.health == .ok && $0.checkpoint != nil }
    let gaps = daemon.log.lines.filter { $0.message.hasPrefix("messages are missing from the journal") }
    try #require(gaps.count == 1)
    let first = try #require(gaps[0].fields["position"].flatMap { Int($0) })
    let count = try #require(gaps[0].fields["messages"].flatMap { Int($0) })
    #expect(count == 1)
    let state = try restored(from: damaged.crash(seed: 2))
    try await daemon.stop()
    #expect(state.position == 200)
    let expected = try model(Array(stream[..<(first - 1)]) + Array(stream[(first - 1 + count)...]))
    #expect(ModelBits(state.model) == ModelBits(expected))
  }

  /// Should the newest checkpoint be damaged, the journal leads from an earlier one to where it was, and beyond.
  @Test func aCheckpointGetsItsNameOnceTheJournalLeadsUpToIt() async throws {
    let disk = MemoryDisk()
    let faulty = FaultyDisk(over: disk)
    let stream = (1...50).map { #"{"y": \#($0 % 5), "x": {"a": \#($0)}}"# }
    // Nothing but the checkpoint has the journal synced.
    let daemon = try await TestDaemon(
      in: place, ["journal.interval_seconds": "60", "checkpoint.every_samples": "50"], on: faulty)
    try await daemon.push(Array(stream[..<10]))
    // The journal's segment has its name.
    try await daemon.stats { $0.journal?.written == 10 }
    faulty.block([.rename])
    try await daemon.push(Array(stream[10...]))
    try await onThread { faulty.waitForBlocked() }
    for seed in 0..<10 as Range<UInt64> {
      let state = try restored(from: disk.crash(seed: seed))
      #expect(state.position == 50, "seed \(seed)")
      #expect(ModelBits(state.model) == ModelBits(try model(stream)), "seed \(seed)")
    }
    faulty.release()
    try await daemon.stop()
  }

  /// Without syncs it waits for writing alone: so after the process is killed the journal leads up to it, too.
  @Test func withoutSyncsACheckpointBeginsOnceTheJournalIsWritten() async throws {
    let disk = MemoryDisk()
    let faulty = FaultyDisk(over: disk)
    let stream = (1...50).map { #"{"y": \#($0 % 5), "x": {"a": \#($0)}}"# }
    let daemon = try await TestDaemon(
      in: place, ["journal.sync": "none", "checkpoint.every_samples": "50"], on: faulty)
    try await daemon.push(Array(stream[..<10]))
    // The journal's segment is open.
    try await daemon.stats { $0.journal?.written == 10 }
    faulty.block([.open, .write])
    try await daemon.push(Array(stream[10...]))
    try await onThread { faulty.waitForBlocked() }
    // More than once, so that the checkpoint has time to begin, should it not wait.
    for _ in 0..<5 { try await daemon.stats { $0.messages == 50 } }
    #expect(faulty.blockedCount == 1, "nothing but the journal's write is held up")
    faulty.release()
    try await daemon.stats { $0.checkpoint?.step == 50 }
    let state = try restored(from: disk)
    #expect(state.position == 50)
    #expect(ModelBits(state.model) == ModelBits(try model(stream)))
    try await daemon.stop()
  }

  /// After a process was killed its last messages are in files that no sync has reached. They are learned again, and called
  /// durable only once they are.
  @Test func whatWasLearnedAgainIsDurableOnlyOnceItIsSynced() async throws {
    let disk = MemoryDisk()
    let faulty = FaultyDisk(over: disk)
    let stream = (1...50).map { #"{"source": "pump", "seq": \#($0), "y": \#($0 % 5), "x": {"a": \#($0)}}"# }
    let before = try await TestDaemon(in: place, ["journal.sync": "none"], on: faulty)
    try await before.push(stream)
    try await before.stats { $0.messages == 50 }
    // As if it had been killed: no checkpoint, and what the files show no sync has reached.
    faulty.plan(.from(1, of: [.open, .synchronize]))
    await #expect(throws: DaemonError.self) { try await before.stop() }
    faulty.heal()
    #expect(try restored(from: disk).position == 50)

    faulty.block([.synchronize])
    let daemon = try await TestDaemon(in: place, ["ingest.router.acknowledge": "durable"], on: faulty)
    let peer = try RouterPeer(place.router)
    // A message that is refused changes nothing, but its sender takes those before it for durable.
    try await peer.send([#"{"source": "pump", "seq": 51, "#])
    try await onThread { faulty.waitForBlocked() }
    try await daemon.stats { !$0.rejected.isEmpty }
    #expect(try await peer.takeAnswers() == 0, "all of it could still be lost")
    faulty.release()
    try await peer.wait(answers: 1)
    for seed in 0..<10 as Range<UInt64> {
      let state = try restored(from: disk.crash(seed: seed))
      #expect(state.position == 50, "seed \(seed)")
      #expect(ModelBits(state.model) == ModelBits(try model(stream)), "seed \(seed)")
    }
    try await daemon.stop()
  }
}
