import DiskDoubles
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import ModelStore

/// Once a call has failed on a segment, it takes nothing and promises nothing any more.
struct JournalFaultTests {
  private let disk = MemoryDisk()
  private let faulty: FaultyDisk
  private let header = JournalHeader(settings: "{}")
  private let needing = JournalHeader(settings: "{}", needsCheckpoint: true)

  init() {
    faulty = FaultyDisk(over: disk)
  }

  private func journal() throws -> Journal {
    let journal = try Journal(directory: JournalFiles.directory, on: faulty, segmentBytes: 1 << 20)
    try journal.begin(at: 1, header: header)
    try journal.append(JournalFiles.records(1...3))
    try journal.synchronize()
    return journal
  }

  private func expectDead(_ journal: Journal, _ cause: StoreError, written: UInt64) throws {
    faulty.heal()
    let path = JournalFiles.path("journal-00000000000000000001.whittle")
    let dead = StoreError.journalFailed(segment: path, cause: cause)
    for _ in 0..<2 {
      #expect(throws: dead) { try journal.synchronize() }
      #expect(throws: dead) { try journal.append(JournalFiles.records(written + 1...written + 1)) }
    }
    #expect(throws: dead) { try journal.close() }
    #expect(journal.synchronized == 3 && journal.written == written)
    #expect(disk.openFiles == 0)
    try journal.begin(at: 9, header: needing)
    #expect(journal.synchronized == 3)
    try journal.append(JournalFiles.records(9...10))
    try journal.synchronize()
    #expect(journal.synchronized == 10)
    let replayed = try JournalFiles(on: disk).replay(after: 8)
    #expect(replayed.records == JournalFiles.records(9...10))
    #expect(replayed.headers == [needing])
    let without = try JournalFiles(on: disk).replay()
    #expect(without.report.dropped?.records ?? 0 >= 2)
    #expect(without.records == JournalFiles.records(1...without.report.last))
    #expect(without.report.last >= 3)
  }

  @Test(arguments: FaultyDisk.Fault.Manner.allCases)
  func aFailedSynchronizationIsNotTriedAgain(manner: FaultyDisk.Fault.Manner) throws {
    let journal = try journal()
    try journal.append(JournalFiles.records(4...5))
    faulty.plan(.at(1, of: [.synchronize], manner))
    let cause = StoreError.system(
      call: "fsync", path: JournalFiles.path("journal-00000000000000000001.whittle"), code: EIO)
    #expect(throws: cause) { try journal.synchronize() }
    try expectDead(journal, cause, written: 5)
  }

  @Test(arguments: FaultyDisk.Fault.Manner.allCases)
  func aFailedWriteEndsTheSegment(manner: FaultyDisk.Fault.Manner) throws {
    let journal = try journal()
    faulty.plan(.at(1, of: [.write], manner, code: ENOSPC))
    let cause = StoreError.system(
      call: "write", path: JournalFiles.path("journal-00000000000000000001.whittle"), code: ENOSPC)
    #expect(throws: cause) { try journal.append(JournalFiles.records(4...5)) }
    try expectDead(journal, cause, written: 3)
  }

  /// The batch that could not be written is whole, and can be written after another `begin`.
  @Test func whatFailedCanBeAppendedAgain() throws {
    let journal = try journal()
    var batch = JournalBatch(JournalFiles.records(4...6))
    faulty.plan(.at(1, of: [.write], .tear))
    #expect(throws: StoreError.self) { try journal.append(&batch) }
    try journal.begin(at: 4, header: header)
    try journal.append(&batch)
    try journal.synchronize()
    #expect(try JournalFiles(on: disk.crash(seed: 1)).replay().records == JournalFiles.records(1...6))
  }

  /// Every call of `begin` fails once: then nothing of the segment may be relied upon, and the next one succeeds.
  @Test(arguments: FaultyDisk.Fault.Manner.allCases)
  func beginningCanBeTriedAgain(manner: FaultyDisk.Fault.Manner) throws {
    var number = 0
    var failures = 1
    while failures > 0 {
      number += 1
      let faulty = FaultyDisk(over: MemoryDisk())
      let journal = try Journal(directory: JournalFiles.directory, on: faulty, segmentBytes: 100)
      faulty.plan(.at(number, manner))
      let error = try storeError { try journal.begin(at: 1, header: header) }
      failures = faulty.failures
      // What comes now is not part of it.
      faulty.heal()
      // Closing the temporary file and removing it are done as well as can be.
      if error != nil {
        #expect(throws: StoreError.self) { try journal.synchronize() }
        try journal.begin(at: 1, header: header)
      }
      try journal.append(JournalFiles.records(1...2))
      try journal.synchronize()
    }
    #expect(number > 5)
  }

  /// A slow disk holds up the thread that writes, and it goes on when the disk does.
  @Test func aSlowDiskIsWaitedFor() throws {
    let faulty = faulty
    faulty.block([.synchronize])
    let records = JournalFiles.records(1...2)
    var thread = pthread_t()
    let work = Work {
      let journal = try Journal(directory: JournalFiles.directory, on: faulty, segmentBytes: 1 << 20)
      try journal.begin(at: 1, header: JournalHeader(settings: ""))
      try journal.append(records)
      try journal.synchronize()
      return journal.synchronized
    }
    let started = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(work).toOpaque())
    try #require(started == 0)
    faulty.waitForBlocked()
    #expect(work.result == nil, "it is held up")
    #expect(!JournalFiles(on: disk).names.isEmpty, "others are not")
    faulty.release()
    pthread_join(thread, nil)
    #expect(work.result == 2)
  }
}

/// What another thread does, and what came of it.
private final class Work: Sendable {
  private let body: @Sendable () throws -> UInt64
  private let state = Mutex<UInt64?>(nil)

  init(_ body: @escaping @Sendable () throws -> UInt64) {
    self.body = body
  }

  var result: UInt64? { state.withLock { $0 } }

  func run() {
    let result = try? body()
    state.withLock { $0 = result }
  }
}
