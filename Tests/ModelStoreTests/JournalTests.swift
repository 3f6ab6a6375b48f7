import DiskDoubles
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import ModelStore

/// Segments: when they begin, when they go, and what is set aside.
struct JournalTests {
  private let files = JournalFiles()
  private let header = JournalHeader(settings: "{}")

  private func name(_ first: UInt64) -> String {
    "journal-" + String(repeating: "0", count: 20 - "\(first)".count) + "\(first).whittle"
  }

  /// A journal of messages 1 to `last` in segments of three each.
  private func journal(_ last: UInt64) throws -> Journal {
    let journal = try files.journal(segmentBytes: 3 * 48 + 100)
    try journal.begin(at: 1, header: header)
    for position in 1...last { try journal.append([empty(position)]) }
    return journal
  }

  private func empty(_ position: UInt64) -> JournalRecord {
    JournalRecord(position: position, time: 0, kind: 0, frames: [[UInt8(truncatingIfNeeded: position)]])
  }

  @Test func aFullSegmentIsFollowedByAnother() throws {
    let journal = try journal(8)
    #expect(files.names == [name(1), name(4), name(7)])
    #expect(journal.written == 8)
    #expect(journal.synchronized == 6, "what is before the new segment is durable")
    let replayed = try files.replay()
    #expect(replayed.records == (1...8).map { empty($0) })
    #expect(replayed.headers == [header, header, header])
    for after in 0...9 as ClosedRange<UInt64> {
      let replayed = try files.replay(after: after)
      #expect(replayed.positions == (1...8).filter { $0 > after })
      #expect(replayed.report.last == max(after, 8))
      #expect(replayed.headers.count == (after < 3 ? 3 : after < 6 ? 2 : after < 8 ? 1 : 0))
    }
  }

  /// In whole megabytes, once each, and only of what is durable: a page that is still written to would have to be read again.
  @Test func whatIsDurableIsNotKeptInMemory() throws {
    let unit = 1 << 20
    let journal = try files.journal(segmentBytes: 16 * unit)
    try journal.begin(at: 1, header: header)
    func append(_ position: UInt64, bytes: Int) throws {
      let frames = [[UInt8](repeating: 7, count: bytes)]
      try journal.append([JournalRecord(position: position, time: 0, kind: 0, frames: frames)])
    }
    var forgotten: [Range<Int>]? { files.disk.forgotten(JournalFiles.path(name(1))) }
    try append(1, bytes: unit / 2)
    try journal.synchronize()
    #expect(forgotten == [])
    try append(2, bytes: 2 * unit)
    #expect(forgotten == [])
    try journal.synchronize()
    #expect(forgotten == [0..<2 * unit])
    try journal.synchronize()
    try append(3, bytes: unit / 4)
    try journal.synchronize()
    #expect(forgotten == [0..<2 * unit])
    try append(4, bytes: unit)
    try journal.synchronize()
    #expect(forgotten == [0..<2 * unit, 2 * unit..<3 * unit])
  }

  @Test func aBatchIsNotCutAndMayBeLargerThanASegment() throws {
    let journal = try files.journal(segmentBytes: 1)
    try journal.begin(at: 5, header: header)
    for batch in [5...9, 10...10, 11...300] as [ClosedRange<UInt64>] { try journal.append(batch.map { empty($0) }) }
    try journal.append([])
    #expect(files.names == [name(5), name(10), name(11)])
    #expect(try files.replay(after: 4).positions == Array(5...300))
  }

  @Test func whatASegmentNeedsTheNextOneDoesNot() throws {
    let journal = try files.journal(segmentBytes: 1)
    let needing = JournalHeader(settings: "s", needsCheckpoint: true)
    try journal.begin(at: 5, header: needing)
    try journal.append([empty(5)])
    try journal.append([empty(6)])
    let replayed = try files.replay(after: 4)
    #expect(replayed.headers == [needing, JournalHeader(settings: "s", needsCheckpoint: false)])
    #expect(replayed.positions == [5, 6])
  }

  @Test func coveredSegmentsGoOldestFirst() throws {
    let journal = try journal(14)
    let all = files.names
    #expect(all == [1, 4, 7, 10, 13].map { name($0) })
    #expect(try journal.removeCovered(through: 2, keeping: 0) == 0)
    #expect(try journal.removeCovered(through: 6, keeping: .max) == 0)
    let bytes = files.bytes(all[2]).count
    #expect(try journal.removeCovered(through: 9, keeping: bytes - 1 + bytes) == 2)
    #expect(files.names == Array(all[2...]))
    #expect(try journal.removeCovered(through: 100, keeping: bytes) == 1, "the newest covered one has just the bytes")
    #expect(files.names == Array(all[3...]))
    #expect(try journal.removeCovered(through: 100, keeping: 0) == 1)
    #expect(files.names == [name(13)], "the open one stays")
    try journal.append([empty(15)])
    #expect(try files.replay(after: 12).positions == [13, 14, 15])
  }

  @Test func givenUpSegmentsAreSetAsideUntilHistoryHasPassedThem() throws {
    _ = try journal(8)
    let journal = try files.journal()
    try journal.begin(at: 4, header: header)
    #expect(files.names == ["aside-1-\(name(4))", "aside-1-\(name(7))", name(1), name(4)])
    #expect(journal.written == 3 && journal.synchronized == 3)
    #expect(try files.replay().positions == [1, 2, 3])
    try journal.append([empty(4)])
    // Again from the same place; from a place inside of a segment.
    try journal.begin(at: 4, header: header)
    #expect(files.names == ["aside-1-\(name(4))", "aside-1-\(name(7))", "aside-2-\(name(4))", name(1), name(4)])
    try journal.begin(at: 2, header: header)
    #expect(files.names.suffix(2) == [name(1), name(2)], "nothing was in the segment of 4, so it is gone")
    try journal.append([empty(2), empty(3), empty(4), empty(5)])
    #expect(try files.replay().positions == [1, 2, 3, 4, 5])
    try journal.synchronize()
    #expect(try journal.removeCovered(through: 3, keeping: .max) == 0)
    #expect(try journal.removeCovered(through: 4, keeping: .max) == 2)
    #expect(files.names == ["aside-1-\(name(7))", name(1), name(2)])
  }

  /// Starting again and again without a message leaves one segment.
  @Test func aSegmentWithoutMessagesIsReplaced() throws {
    for _ in 0..<3 {
      let journal = try files.journal()
      try journal.begin(at: 1, header: header)
      try journal.close()
    }
    #expect(files.names == [name(1)])
    #expect(files.disk.openFiles == 0)
  }

  @Test func foreignFilesAreLeftAlone() throws {
    let foreign = [
      "journal-1.whittle", "journal-00000000000000000000.whittle", "journal-00000000000000000001.whittle.bak",
      "journal-+0000000000000000001.whittle", "journal-99999999999999999999.whittle", ".unfinished-1", "notes",
      "aside-x", "aside-1-notes", "aside--" + name(1),
    ]
    for name in foreign + [".unfinished-journal"] { files.put([1], name) }
    let journal = try journal(5)
    #expect(try files.replay().positions == [1, 2, 3, 4, 5])
    try journal.synchronize()
    #expect(try journal.removeCovered(through: 5, keeping: 0) == 1)
    #expect(Set(files.names) == Set(foreign + [name(4)]))
  }

  @Test func closingSynchronizes() throws {
    let journal = try journal(2)
    try journal.close()
    try journal.close()
    #expect(journal.synchronized == 2)
    #expect(files.disk.openFiles == 0)
    for seed in 0..<5 as Range<UInt64> {
      #expect(try JournalFiles(on: files.disk.crash(seed: seed)).replay().positions == [1, 2])
    }
  }

  /// What a crash of the process left in the system's memory only is on the disk before more is built on it.
  @Test(arguments: [false, true])
  func whatWasReplayedIsDurableBeforeMoreIsAppended(failed: Bool) throws {
    for seed in 0..<20 as Range<UInt64> {
      let files = JournalFiles()
      let first = try files.journal(segmentBytes: 400)
      try first.begin(at: 1, header: header)
      for position in 1...20 as ClosedRange<UInt64> { try first.append([empty(position)]) }
      if failed {
        let last = try #require(files.names.last)
        let file = try files.disk.open(JournalFiles.path(last), for: .reading)
        files.disk.loseUnsynchronized(file, seed: seed)
        try files.disk.close(file)
      }
      #expect(try files.replay().report.last == 20)
      let second = try files.journal()
      try second.begin(at: 21, header: header)
      try second.append([empty(21)])
      try second.synchronize()
      let replayed = try JournalFiles(on: files.disk.crash(seed: seed)).replay()
      #expect(replayed.records == (1...21).map { empty($0) }, "seed \(seed)")
    }
  }

  @Test func whatACheckpointCoversIsNotWrittenAgain() throws {
    _ = try journal(5)
    for (covered, isDurable) in [(4, true), (5, false)] as [(UInt64, Bool)] {
      let copy = JournalFiles(on: files.disk.crash(seed: 4))
      let before = copy.disk
      // What is read now was not synchronized.
      let file = try before.open(JournalFiles.path(name(4)), for: .writing)
      var bytes = files.bytes(name(4))
      _ = try bytes.withUnsafeMutableBytes { try before.write(UnsafeRawBufferPointer($0), to: file, at: 0) }
      try copy.journal().begin(at: 6, covered: covered, header: header)
      let survivors = (0..<30).map { before.crash(seed: $0).contents(JournalFiles.path(name(4))) }
      #expect(survivors.allSatisfy { $0 == bytes } == isDurable)
    }
  }

  @Test func onTheMachinesOwnDisk() throws {
    let temporary = try TemporaryDirectory()
    let directory = "\(temporary.path)/deep/journal"
    let journal = try Journal(directory: directory, segmentBytes: 500)
    try journal.begin(at: 1, header: header)
    for position in 1...20 as ClosedRange<UInt64> { try journal.append([JournalFiles.record(position)]) }
    try journal.synchronize()
    var records: [JournalRecord] = []
    let report = try Journal.replay(
      directory: directory, after: 0, pastDamage: false, segment: { _ in }, record: { records.append($0) })
    #expect(records == JournalFiles.records(1...20))
    #expect(report.dropped == nil)
    try journal.close()
    let second = try Journal(directory: directory, segmentBytes: 500)
    try second.begin(at: 21, header: header)
    #expect(try second.removeCovered(through: 20, keeping: 0) > 2)
    #expect(try temporary.names == ["deep"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [name(21)])
  }
}
