import DiskDoubles
import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// A model's life on a disk as the daemon leads it: messages are journaled and learned, made durable and acknowledged, checkpoints are
/// written, what they cover goes, the process ends and starts again. Beside it, what must be true of it, kept apart from any disk.
final class JournaledLife {
  /// A message that was accepted: which of the stream's, and in which of the process's lives.
  struct Accepted: Equatable {
    let message: Int
    let life: UInt8
  }

  enum Step: CaseIterable {
    case accept, synchronize, checkpoint, prune, restart
  }

  /// What is wrong with the model or with what came back.
  struct Broken: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private static let directory = "/state"
  private static let segmentBytes = 900
  private let stream: RandomStream
  private let synchronizesFirst: Bool

  // What must be true.
  private var accepted: [Accepted] = []
  /// The model after each number of messages, learned from the stream.
  private var models: [Model]
  /// So many messages were promised to be durable.
  private(set) var acknowledged: UInt64 = 0
  private var life: UInt8 = 0
  /// How often it got to each kind of work, to see that a test does what it says.
  private(set) var counts = (checkpoints: 0, failures: 0, removed: 0, recovered: 0, dropped: 0)

  // The daemon's part.

  /// The disk, from the next start on.
  var files: any FileSystem
  private var model: Model
  private var store: CheckpointStore?
  private var journal: Journal?
  /// The position of the newest checkpoint, and of the one before.
  private var checkpoints: [UInt64] = []
  /// Where the segment began that needs a checkpoint.
  private var needing: UInt64?
  private var isJournaling = false

  private var position: UInt64 { UInt64(accepted.count) }

  /// - Parameter synchronizesFirst: whether every message of a checkpoint is durable in the journal before it is written.
  init(_ stream: RandomStream, on files: any FileSystem, synchronizesFirst: Bool = false) {
    self.stream = stream
    self.synchronizesFirst = synchronizesFirst
    self.files = files
    model = Model(stream.configuration)
    models = [model]
  }

  /// Another one of which the same is true.
  func copy(on files: any FileSystem) -> JournaledLife {
    let copy = JournaledLife(stream, on: files)
    (copy.accepted, copy.models, copy.acknowledged, copy.life) = (accepted, models, acknowledged, life)
    return copy
  }

  /// Starts on what a disk holds, and checks it.
  ///
  /// - Throws: a `StoreError` where a call fails, `Broken` where something is lost, doubled or wrong.
  func start(on files: any FileSystem) throws {
    self.files = files
    journal = nil
    isJournaling = false
    var store = try CheckpointStore(directory: JournaledLife.directory, on: files)
    let newest = try store.newest()
    if !newest.skipped.isEmpty { throw Broken("a checkpoint is not whole: \(newest.skipped)") }
    let covered = try recover(newest.checkpoint)
    checkpoints = newest.checkpoint == nil ? [] : [covered]
    self.store = store
    life &+= 1
    let journal = try Journal(
      directory: JournaledLife.directory, on: files, segmentBytes: JournaledLife.segmentBytes)
    self.journal = journal
    try journal.begin(at: position + 1, covered: covered, header: JournalHeader(settings: "{}"))
    needing = nil
    isJournaling = true
  }

  /// Recovers from each of the two checkpoints that are to be kept, without going on from there. Older ones may be back after a
  /// crash.
  func checkKeptCheckpoints(on files: any FileSystem) throws {
    self.files = files
    let store = try CheckpointStore(directory: JournaledLife.directory, on: files)
    for entry in try store.entries().suffix(2) {
      _ = try copy(on: files).recover(try Checkpoint(file: entry.path, on: files))
    }
  }

  /// Learns what is on the disk again, and compares.
  ///
  /// - Returns: the checkpoint's position.
  private func recover(_ checkpoint: Checkpoint?) throws -> UInt64 {
    var model = checkpoint?.model ?? Model(stream.configuration)
    let covered = checkpoint?.position ?? 0
    var next = covered + 1
    let report = try Journal.replay(
      directory: JournaledLife.directory, on: files, after: covered, pastDamage: false,
      segment: { header in
        if header.settings != "{}" { throw Broken("the header is \(header)") }
      },
      record: { record in
        guard record.position == next, next <= self.position else {
          throw Broken("message \(record.position) comes as message \(next) of \(self.position)")
        }
        guard record == JournaledLife.record(self.accepted[Int(next) - 1], next) else {
          throw Broken("message \(next) is not the one that was accepted")
        }
        guard let message = record.frames.first?.first else { throw Broken("message \(next) is empty") }
        model.learn(self.stream.messages[Int(message)])
        next += 1
      })
    guard report.last == next - 1, report.gaps.isEmpty else { throw Broken("the report is \(report)") }
    guard report.last >= acknowledged else {
      throw Broken("\(acknowledged) messages were acknowledged, and \(report.last) came back: \(report)")
    }
    guard ModelBits(model) == ModelBits(models[Int(report.last)]) else {
      throw Broken("the model is not that of the first \(report.last) messages")
    }
    counts.recovered += 1
    if report.dropped != nil { counts.dropped += 1 }
    accepted.removeLast(accepted.count - Int(report.last))
    models.removeLast(models.count - 1 - accepted.count)
    self.model = model
    return covered
  }

  private static func record(_ accepted: Accepted, _ position: UInt64) -> JournalRecord {
    JournalRecord(
      position: position, time: Double(position) + 0.5, kind: accepted.life,
      frames: [[UInt8(accepted.message)], Array(repeating: accepted.life, count: accepted.message * 3)])
  }

  /// Does one piece of work. What fails on the disk, the daemon notes, and goes on.
  ///
  /// - Throws: what `start` throws.
  func take(_ step: Step, _ generator: inout SeededGenerator) throws {
    if !isJournaling, journal != nil { resume() }
    switch step {
    case .accept: accept(1 + generator.below(4), &generator)
    case .synchronize: journaling { (journal) throws(StoreError) in try journal.synchronize() }
    case .checkpoint:
      if synchronizesFirst { journaling { (journal) throws(StoreError) in try journal.synchronize() } }
      checkpoint()
    case .prune: prune(generator.pick([0, 1000]))
    case .restart: try start(on: files)
    }
    acknowledge()
  }

  private func journaling(_ body: (Journal) throws(StoreError) -> Void) {
    guard isJournaling, let journal else { return }
    do throws(StoreError) {
      try body(journal)
    } catch {
      counts.failures += 1
      isJournaling = false
    }
  }

  private func accept(_ count: Int, _ generator: inout SeededGenerator) {
    var batch = JournalBatch()
    for _ in 0..<count {
      let message = Accepted(message: generator.below(stream.messages.count), life: life)
      accepted.append(message)
      var next = models[models.count - 1]
      next.learn(stream.messages[message.message])
      models.append(next)
      model.learn(stream.messages[message.message])
      batch.append(JournaledLife.record(message, position))
    }
    journaling { (journal) throws(StoreError) in try journal.append(&batch) }
  }

  /// Begins a segment after a failure: it needs a checkpoint where messages before it are in none.
  private func resume() {
    let isCovered = checkpoints.last == position
    isJournaling = true
    journaling { (journal) throws(StoreError) in
      try journal.begin(
        at: position + 1, covered: checkpoints.last ?? 0,
        header: JournalHeader(settings: "{}", needsCheckpoint: !isCovered))
    }
    if isJournaling { needing = isCovered ? nil : position }
  }

  private func checkpoint() {
    do throws(StoreError) {
      _ = try store?.write(Checkpoint(model, position: position, time: Double(position)))
      checkpoints = checkpoints.suffix(1) + [position]
      counts.checkpoints += 1
    } catch {
      counts.failures += 1
    }
  }

  private func prune(_ bytes: Int) {
    guard checkpoints.count == 2 else { return }
    do throws(StoreError) {
      _ = try store?.retain(Retention(newest: 2, hourly: 0, daily: 0))
      counts.removed += try journal?.removeCovered(through: checkpoints[0], keeping: bytes) ?? 0
    } catch {
      counts.failures += 1
    }
  }

  private func acknowledge() {
    let covered = checkpoints.last ?? 0
    acknowledged = max(acknowledged, covered)
    if let journal, needing ?? 0 <= covered { acknowledged = max(acknowledged, journal.synchronized) }
  }
}
