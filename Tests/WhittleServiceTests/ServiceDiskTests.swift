import FoundationEssentials
import Glibc
import Logging
import ModelStore
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// A disk that fails: the daemon goes on learning, says that it is degraded, and recovers.
@Suite(.timeLimit(.minutes(2))) struct ServiceDiskTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  private var aside: String { "\(place.temporary.path)/aside" }

  private func takeDirectoryAway() throws {
    try FileManager.default.moveItem(atPath: place.state, toPath: aside)
    try place.temporary.write([], to: "state")
  }

  private func bringDirectoryBack() throws {
    try FileManager.default.removeItem(atPath: place.state)
    try FileManager.default.moveItem(atPath: aside, toPath: place.state)
  }

  private func checkpointFailure(_ daemon: TestDaemon) async throws -> QueryFailure? {
    try await daemon.refusal([Array(#"{"op": "checkpoint"}"#.utf8)])
  }

  @Test func degradedAndBack() async throws {
    let daemon = try await TestDaemon(in: place)
    let stream = messages(60, seed: 1)
    let steps = try [20, 40, 60].map { try model(Array(stream[..<$0])).steps }
    try await daemon.push(Array(stream[..<20]))
    try await daemon.stats { $0.step == steps[0] }
    let first: CheckpointWritten = try await daemon.ask(#"{"op": "checkpoint"}"#)
    #expect(first.step == steps[0])

    try takeDirectoryAway()
    let failure = try await checkpointFailure(daemon)
    #expect(failure?.code == .checkpointFailed)
    #expect(failure?.message == "open failed on \(place.state)/.unfinished-\(getpid()): Not a directory")
    let degraded = try await daemon.stats()
    #expect(degraded.health == .degraded)
    #expect(degraded.problem == "the last checkpoint could not be written: \(failure?.message ?? "")")
    #expect(degraded.checkpoint?.step == steps[0], "the older one is what there is")
    try await daemon.push(Array(stream[20..<40]))
    #expect(try await daemon.stats { $0.step == steps[1] }.health == .degraded, "learning goes on")

    try bringDirectoryBack()
    let second: CheckpointWritten = try await daemon.ask(#"{"op": "checkpoint"}"#)
    #expect(second.step == steps[1])
    let recovered = try await daemon.stats()
    #expect(recovered.health == .ok && recovered.problem == nil && recovered.checkpoint?.step == steps[1])
    try await daemon.push(Array(stream[40...]))
    try await daemon.stats { $0.step == steps[2] }
    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(try model(stream)))
    #expect(daemon.log.lines("degraded: a checkpoint could not be written; learning goes on").map(\.level) == [.error])
    #expect(daemon.log.lines("recovered: a checkpoint could be written again").map(\.level) == [.notice])
  }

  @Test func recoversByItself() async throws {
    let daemon = try await TestDaemon(in: place, ["checkpoint.every_seconds": "0.01"])
    let sample = #"{"y": 1, "x": {"a": 1}}"#
    try await daemon.push([sample])
    try await daemon.stats { $0.checkpoint?.step == 1 }
    try takeDirectoryAway()
    try await daemon.push([sample])
    try await daemon.stats { $0.health == .degraded && $0.step == 2 }
    try bringDirectoryBack()
    try await daemon.stats { $0.health == .ok && $0.checkpoint?.step == 2 }
    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(try model([sample, sample])))
  }

  @Test func aFullDisk() async throws {
    let daemon = try await TestDaemon(in: place)
    try await daemon.push(messages(5, seed: 2))
    try await daemon.stats { $0.messages == 5 }
    let unfinished = "\(place.state)/.unfinished-\(getpid())"
    try FileManager.default.createSymbolicLink(atPath: unfinished, withDestinationPath: "/dev/full")
    #expect(try await checkpointFailure(daemon)?.message == "write failed on \(unfinished): No space left on device")
    #expect(try await daemon.stats().health == .degraded)
    let written: CheckpointWritten = try await daemon.ask(#"{"op": "checkpoint"}"#)
    #expect(try await daemon.stats().health == .ok)
    try await daemon.stop()
    #expect(try place.checkpointNames.map { "\(place.state)/\($0)" } == [written.file])
  }

  @Test func aLastCheckpointThatCannotBeWrittenIsAnError() async throws {
    let daemon = try await TestDaemon(in: place, ["journal.sync": "off"])
    try await daemon.push(messages(5, seed: 2))
    try await daemon.stats { $0.messages == 5 }
    try takeDirectoryAway()
    let error = await #expect(throws: DaemonError.self) { try await daemon.stop() }
    guard case .lastCheckpoint(.system("open", _, ENOTDIR), isJournaled: false)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.exitCode == 74)
    #expect(error?.description.contains("so what was learned since the one before is lost: open failed on") == true)
  }

  @Test func checkpointsEverySoManySamples() async throws {
    let daemon = try await TestDaemon(in: place, ["checkpoint.every_samples": "4", "checkpoint.keep": "100"])
    let sample = #"{"y": 1, "x": {"a": 1}}"#
    for step in 1...UInt64(17) {
      try await daemon.push([sample])
      // The one before is durable before the next is due.
      try await daemon.stats { $0.step == step && $0.checkpoint?.step ?? 0 >= step / 4 * 4 }
    }
    try await daemon.stop()
    #expect(try CheckpointStore(directory: place.state).entries().map(\.step) == [4, 8, 12, 16, 17])
  }

  /// With nothing new to write, the time that passes makes no more files.
  @Test func nothingNewIsNotWrittenAgain() async throws {
    let daemon = try await TestDaemon(in: place, ["checkpoint.every_seconds": "0.005", "checkpoint.keep": "100"])
    try await daemon.push([#"{"y": 1, "x": {"a": 1}}"#])
    let stats = try await daemon.stats { $0.checkpoint?.step == 1 }
    try await daemon.stats { $0.uptimeSeconds > stats.uptimeSeconds + 0.1 }
    try await daemon.stop()
    // A daemon that never learned anything may have left a first one of step 0.
    #expect(try CheckpointStore(directory: place.state).entries().map(\.step).filter { $0 > 0 } == [1])
  }
}
