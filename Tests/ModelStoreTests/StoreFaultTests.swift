import FoundationEssentials
import Glibc
import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// Disks that fail: the error names the call and the file, nothing half-done stays, and the store works again once
/// the cause is gone.
struct StoreFaultTests {
  private let temporary: TemporaryDirectory
  private var directory: String { "\(temporary.path)/state" }
  private let checkpoint: Checkpoint

  init() throws {
    temporary = try TemporaryDirectory()
    checkpoint = Checkpoint(RandomStream(seed: 3, messages: 5).learn().model, time: 0)
  }

  /// The error of a write that must fail.
  private func failure(_ store: inout CheckpointStore) throws -> StoreError {
    do throws(StoreError) {
      _ = try store.write(checkpoint)
    } catch {
      return error
    }
    throw CocoaError(.featureUnsupported)
  }

  /// After the fault: what was written before is there, and the next write succeeds under a new number.
  private func expectRecovery(_ store: inout CheckpointStore, before: CheckpointStore.Entry) throws {
    #expect(try store.entries().contains(before))
    let written = try store.write(checkpoint)
    #expect(written.entry.sequence > before.sequence)
    #expect(try store.newest().entry == written.entry)
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
    #expect(!names.contains { $0.hasPrefix(".unfinished-") })
  }

  @Test func fullDisk() throws {
    var store = try CheckpointStore(directory: directory)
    let before = try store.write(checkpoint).entry
    // The temporary file's name leads to a device that has no room.
    let unfinished = "\(directory)/.unfinished-\(getpid())"
    try FileManager.default.createSymbolicLink(atPath: unfinished, withDestinationPath: "/dev/full")
    let error = try failure(&store)
    #expect(error == .system(call: "write", path: unfinished, code: ENOSPC))
    #expect(error.description == "write failed on \(unfinished): No space left on device")
    try expectRecovery(&store, before: before)
  }

  @Test func directoryReplacedByAFile() throws {
    var store = try CheckpointStore(directory: directory)
    let before = try store.write(checkpoint).entry
    let aside = "\(temporary.path)/aside"
    try FileManager.default.moveItem(atPath: directory, toPath: aside)
    try temporary.write([], to: "state")
    #expect(
      try failure(&store)
        == .system(call: "open", path: "\(directory)/.unfinished-\(getpid())", code: ENOTDIR))
    #expect(throws: StoreError.system(call: "opendir", path: directory, code: ENOTDIR)) {
      try store.retain(Retention(newest: 1, hourly: 0, daily: 0))
    }
    #expect(throws: StoreError.system(call: "opendir", path: directory, code: ENOTDIR)) { try store.newest() }
    try FileManager.default.removeItem(atPath: directory)
    try FileManager.default.moveItem(atPath: aside, toPath: directory)
    try expectRecovery(&store, before: before)
  }

  @Test func directoryGone() throws {
    var store = try CheckpointStore(directory: directory)
    let before = try store.write(checkpoint).entry
    let aside = "\(temporary.path)/aside"
    try FileManager.default.moveItem(atPath: directory, toPath: aside)
    #expect(
      try failure(&store)
        == .system(call: "open", path: "\(directory)/.unfinished-\(getpid())", code: ENOENT))
    try FileManager.default.moveItem(atPath: aside, toPath: directory)
    try expectRecovery(&store, before: before)
  }

  @Test func nameTakenByADirectory() throws {
    var store = try CheckpointStore(directory: directory)
    let before = try store.write(checkpoint).entry
    let steps = checkpoint.model.steps
    let taken = "\(directory)/checkpoint-00000002-step-\(steps).safetensors"
    try FileManager.default.createDirectory(atPath: taken, withIntermediateDirectories: false)
    #expect(
      try failure(&store)
        == .system(call: "rename", path: "\(directory)/.unfinished-\(getpid())", code: EISDIR))
    try expectRecovery(&store, before: before)
    #expect(try store.entries().map(\.sequence) == [1, 2, 3])
    #expect(try CheckpointStore(directory: directory).entries().count == 3)
  }

  @Test(arguments: ["file", "file/below", "file/far/below"])
  func placeBelowAFile(path: String) throws {
    try temporary.write([], to: "file")
    let place = "\(temporary.path)/\(path)"
    let error = #expect(throws: StoreError.self) { try CheckpointStore(directory: place) }
    guard case .system(let call, _, let code)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(["mkdir", "opendir"].contains(call))
    #expect(code == ENOTDIR)
    #expect(throws: StoreError.self) { try StateLock(directory: place) }
  }

  @Test func aModelThatJSONHasNoWordsForIsAnError() throws {
    var store = try CheckpointStore(directory: directory)
    let before = try store.write(checkpoint).entry
    let endless = Model(LearnerConfiguration(memory: .init(halfLife: .infinity)))
    #expect {
      try store.write(Checkpoint(endless, time: 0))
    } throws: { error in
      (error as? StoreError)?.damage?.hasPrefix("the model cannot be written") == true
    }
    try expectRecovery(&store, before: before)
  }
}
