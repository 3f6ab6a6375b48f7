import DiskDoubles
import FoundationEssentials
import ModelStore
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleService

/// What comes back after the power fails, and what the daemon promises when its disk is slow or broken.
@Suite(.timeLimit(.minutes(2))) struct ServiceJournalTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  /// Sends messages to the ROUTER socket, and waits for so many answers.
  ///
  /// - Returns: which messages were answered, in the order of the answers.
  private func send(_ messages: [String], awaiting answers: Int) async throws -> [Int] {
    let endpoint = place.router
    return try await onThread {
      let socket = try Socket(.dealer, in: Context())
      try socket.set(.linger(0))
      try socket.set(.receiveTimeout(60_000))
      try socket.connect(endpoint)
      for (number, message) in messages.enumerated() {
        try socket.send([Array("\(number)".utf8), [], Array(message.utf8)])
      }
      var answered: [Int] = []
      while answered.count < answers {
        guard let answer = try socket.receive() else { throw NothingCame() }
        guard case .success = try reply(answer) else { throw NothingCame() }
        answered.append(Int(String(decoding: answer[0], as: UTF8.self)) ?? -1)
      }
      return answered
    }
  }

  /// The model of the newest checkpoint on a disk.
  private func newest(on disk: any FileSystem) throws -> Checkpoint? {
    var store = try CheckpointStore(directory: place.state, on: disk)
    return try store.newest().checkpoint
  }

  @Test(arguments: [("always", 1), ("interval", 2), ("interval", 3), ("always", 4)] as [(String, UInt64)])
  func whatWasAcknowledgedAsDurableSurvivesThePower(sync: String, seed: UInt64) async throws {
    let disk = MemoryDisk()
    let settings = [
      "ingest.router.acknowledge": "durable", "journal.sync": sync, "journal.interval_seconds": "0.002",
      "journal.segment_bytes": "4096", "checkpoint.every_samples": "70",
    ]
    let stream = messages(300, seed: seed)
    let before = try await TestDaemon(in: place, settings, on: disk)
    let answered = try await send(stream, awaiting: 200)
    let survived = disk.crash(seed: seed)
    #expect(answered == Array(0..<200), "in order")
    try await before.stop()

    let after = try await TestDaemon(in: place, settings, on: survived)
    try await after.stop()
    let checkpoint = try #require(try newest(on: survived))
    #expect(checkpoint.position >= 200, "seed \(seed)")
    let expected = try model(Array(stream.prefix(Int(checkpoint.position))))
    #expect(ModelBits(checkpoint.model) == ModelBits(expected), "seed \(seed)")
  }

  @Test func whatIsLearnedAgainIsLearnedUnderTheSettingsOfItsTime() async throws {
    var disk = MemoryDisk()
    let stream = messages(120, seed: 9)
    var expected: Model?
    for (number, l1) in [0.01, 0.2, 0.05].enumerated() {
      let daemon = try await TestDaemon(
        in: place,
        ["penalty.l1": "\(l1)", "ingest.router.acknowledge": "durable", "journal.interval_seconds": "0.001"], on: disk)
      let part = Array(stream[number * 40..<number * 40 + 40])
      _ = try await send(part, awaiting: part.count)
      // No checkpoint covers any of it.
      disk = disk.crash(seed: UInt64(number))
      try await daemon.stop()
      var configuration = LearnerConfiguration()
      configuration.penalty.l1 = l1
      var model = expected?.reconfigured(configuration) ?? Model(configuration)
      try model.learn(part)
      expected = model
    }
    let last = try await TestDaemon(in: place, ["penalty.l1": "0.05"], on: disk)
    try await last.stop()
    #expect(try newest(on: disk).map { ModelBits($0.model) } == expected.map(ModelBits.init))
  }
}
