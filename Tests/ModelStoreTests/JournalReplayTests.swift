import DiskDoubles
import TestSupport
import Testing

@testable import ModelStore

/// What recovery takes for a torn tail, and what for damage.
struct JournalReplayTests {
  private let header = JournalHeader(settings: "{}")
  private let needing = JournalHeader(settings: "{}", needsCheckpoint: true)

  /// One segment of messages 1 to 8, synchronized after those listed, and where each record begins.
  private func segment(synchronizedAfter: [UInt64]) throws -> (files: JournalFiles, name: String, starts: [Int]) {
    let files = JournalFiles()
    let journal = try files.journal()
    try journal.begin(at: 1, header: header)
    let name = try #require(files.names.first)
    var starts: [Int] = []
    for record in JournalFiles.records(1...8) {
      starts.append(files.bytes(name).count)
      try journal.append([record])
      if synchronizedAfter.contains(record.position) { try journal.synchronize() }
    }
    return (files, name, starts + [files.bytes(name).count])
  }

  /// Whether a damaged record was once durable is what any later record says that was sealed after a synchronization.
  @Test(arguments: 1...8 as ClosedRange<UInt64>, 0...8 as ClosedRange<UInt64>)
  func tornExactlyWhereNothingProvesTheOpposite(damaged: UInt64, synchronized: UInt64) throws {
    let (files, name, starts) = try segment(synchronizedAfter: [synchronized])
    let torn = files.copy(name) { $0[starts[Int(damaged) - 1] + 20] ^= 0x10 }
    // A record after the synchronization tells of it.
    let isProven = damaged <= synchronized && synchronized < 8
    if isProven {
      let error = StoreError.journalDamaged(
        path: JournalFiles.path(name), offset: starts[Int(damaged) - 1], position: damaged,
        missing: 1,
        problem: """
          what is there is not a record as it was written, and messages up to \(synchronized) had been made durable
          """)
      #expect(throws: error) { try torn.replay() }
      let past = try torn.replay(pastDamage: true)
      #expect(past.positions == (1...8).filter { $0 != damaged })
      #expect(past.report.gaps.map(\.position) == [damaged])
      #expect(past.report.gaps.map(\.offset) == [starts[Int(damaged) - 1]])
      #expect(past.report.dropped == nil)
    } else {
      for pastDamage in [false, true] {
        let replayed = try torn.replay(pastDamage: pastDamage)
        #expect(replayed.positions == (1...8).filter { $0 < damaged })
        #expect(replayed.report.last == damaged - 1)
        let dropped = try #require(replayed.report.dropped)
        #expect(dropped.position == damaged)
        #expect(dropped.records == 8 - Int(damaged))
        #expect(dropped.bytes == starts[8] - starts[Int(damaged) - 1])
        #expect(dropped.segments.map(\.path) == [JournalFiles.path(name)])
        #expect(dropped.reason.contains("message \(damaged) was never made durable"))
        #expect(replayed.report.gaps.isEmpty)
      }
    }
    // Where it is not needed, nothing is wrong with it.
    for after in damaged...8 {
      let replayed = try torn.replay(after: after)
      #expect(replayed.positions == (1...8).filter { $0 > after })
      #expect(replayed.report.gaps.isEmpty)
    }
  }

  @Test func theMessageSaysWhereAndWhatToDo() {
    let error = StoreError.journalDamaged(
      path: "/j", offset: 96, position: 7, missing: 1, problem: "what is there is not a record as it was written")
    #expect(
      error.description == """
        the journal is damaged in /j at byte 96, where message 7 should be found: what is there is not a record as it was \
        written. At least 1 message that had been made durable cannot be read: bring the file back from a copy, or have \
        recovery go on past the damage without them
        """)
    #expect(
      StoreError.journalFailed(segment: "/j", cause: .system(call: "fsync", path: "/j", code: 5)).description
        == "/j takes no more messages since an earlier failure, and what it had not synced may be lost: "
        + "fsync failed on /j: Input/output error")
  }

  /// Three segments of messages 1–3, 4–6 and 7–8.
  private func segments() throws -> JournalFiles {
    let files = JournalFiles()
    let journal = try files.journal(segmentBytes: 1)
    try journal.begin(at: 1, header: header)
    for batch in [1...3, 4...6, 7...8] as [ClosedRange<UInt64>] { try journal.append(JournalFiles.records(batch)) }
    return files
  }

  private func without(_ index: Int, _ files: JournalFiles) throws -> JournalFiles {
    let copy = files.copy("") { _ in }
    try copy.disk.remove(JournalFiles.path(files.names[index]))
    return copy
  }

  @Test func aMissingSegmentIsDamageWhereItIsNeeded() throws {
    let files = try segments()
    for after in 0...8 as ClosedRange<UInt64> {
      for missing in 0...1 {
        let copy = try without(missing, files)
        let first: UInt64 = missing == 0 ? 1 : 4
        if after >= first + 2 {
          #expect(try copy.replay(after: after).positions == (1...8).filter { $0 > after })
          continue
        }
        let wanted = max(after + 1, first)
        let error = try #require(try storeError { _ = try copy.replay(after: after) })
        guard case .journalDamaged(let path, 0, wanted, let count, let problem) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(path == JournalFiles.path(files.names[missing + 1]))
        #expect(count == first + 3 - wanted)
        #expect(problem.contains("begins with message \(first + 3)"))
        let past = try copy.replay(after: after, pastDamage: true)
        #expect(past.positions == (1...8).filter { $0 > after && !(first..<first + 3).contains($0) })
        #expect(past.report.gaps.map(\.error) == [error])
      }
      #expect(try without(2, files).replay(after: after).positions == (1...6).filter { $0 > after })
    }
  }

  /// The end of a segment that another follows is no torn tail.
  @Test func aSegmentCutBeforeAnotherIsDamage() throws {
    let files = try segments()
    let whole = files.bytes(files.names[1])
    let records = JournalFiles.records(4...6).map(\.length)
    let head = whole.count - records.reduce(0, +)
    for size in head..<whole.count {
      let copy = files.copy(files.names[1]) { $0.removeLast($0.count - size) }
      let kept = (0...3).last { head + records.prefix($0).reduce(0, +) <= size } ?? 0
      let error = try #require(try storeError { _ = try copy.replay() })
      guard case .journalDamaged(_, _, let position, let missing, _) = error else {
        Issue.record("\(error)")
        continue
      }
      #expect(position == UInt64(4 + kept) && missing == UInt64(3 - kept), "\(size)")
      let past = try copy.replay(pastDamage: true)
      #expect(past.positions == Array(1..<UInt64(4 + kept)) + [7, 8])
      #expect(past.report.gaps.count == 1)
    }
  }

  @Test func anUnreadableHeaderIsDamageWhereItIsNeeded() throws {
    let files = try segments()
    for index in 0...2 {
      let copy = files.copy(files.names[index]) { $0[40] ^= 1 }
      for after in 0...8 as ClosedRange<UInt64> {
        let first = UInt64(1 + 3 * index)
        // Nobody knows where the last one ends.
        if index < 2, after >= first + 2 {
          #expect(try copy.replay(after: after).positions == (1...8).filter { $0 > after })
          continue
        }
        let error = try #require(try storeError { _ = try copy.replay(after: after) })
        let path = JournalFiles.path(files.names[index])
        guard case .journalDamaged(path, 0, max(after + 1, first), _, let problem) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(problem == "its header is not what was written")
        let past = try copy.replay(after: after, pastDamage: true)
        #expect(past.positions == (1...8).filter { $0 > after && ($0 < first || index < 2 && $0 > first + 2) })
      }
    }
  }

  @Test func aSegmentUnderAnothersNameIsDamage() throws {
    let files = try segments()
    let copy = files.copy("") { _ in }
    copy.put(files.bytes(files.names[1]), files.names[2])
    #expect(try storeError { _ = try copy.replay() } != nil)
    #expect(try copy.replay(pastDamage: true).positions == Array(1...6))
  }

  /// Torn at 5, gone on with other messages from 5: the first ones' rest counts no more.
  @Test(arguments: [1, 2, 5] as [Int])
  func whatAnEarlierRecoveryGaveUpStaysGivenUp(rounds: Int) throws {
    let (whole, name, starts) = try segment(synchronizedAfter: [3])
    let files = whole.copy(name) { $0[starts[4] + 20] ^= 1 }
    var expected = JournalFiles.records(1...4)
    for round in 1...rounds {
      let replayed = try files.replay()
      #expect(replayed.records == expected)
      let last = replayed.report.last
      let journal = try files.journal()
      try journal.begin(at: last + 1, header: header)
      let more = (last + 1...last + 2).map { JournalFiles.record($0, seed: UInt64(round)) }
      try journal.append(more)
      expected += more
    }
    #expect(try files.replay().records == expected)
  }

  /// A segment begun after a failure at 3, at message 6: without a checkpoint of 5 it is void, as is what follows.
  @Test func aSegmentThatNeedsACheckpointIsVoidWithoutIt() throws {
    let files = JournalFiles()
    let journal = try files.journal(segmentBytes: 1)
    try journal.begin(at: 1, header: header)
    try journal.append(JournalFiles.records(1...2))
    try journal.begin(at: 6, header: needing)
    try journal.append(JournalFiles.records(6...7))
    try journal.append(JournalFiles.records(8...9))
    try journal.synchronize()
    let names = files.names
    for after in 0...4 as ClosedRange<UInt64> {
      let replayed = try files.replay(after: after)
      #expect(replayed.positions == (1...2).filter { $0 > after })
      let dropped = try #require(replayed.report.dropped)
      #expect(dropped.position == max(after, 2) + 1 && dropped.records == 4)
      #expect(dropped.segments.map(\.path) == names.dropFirst().map(JournalFiles.path))
      #expect(dropped.reason.contains("was begun after the journal had failed"))
      // And what goes on from there is not mixed up with what is void.
      let copy = files.copy("") { _ in }
      let next = try copy.journal()
      let last = replayed.report.last
      try next.begin(at: last + 1, covered: after, header: header)
      let more = (last + 1...12).map { JournalFiles.record($0, seed: 1) }
      try next.append(more)
      let both = JournalFiles.records(1...2).filter { $0.position > after } + more
      #expect(try copy.replay(after: after).records == both)
    }
    for after in 5...9 as ClosedRange<UInt64> {
      let replayed = try files.replay(after: after)
      #expect(replayed.positions == (6...9).filter { $0 > after })
      #expect(replayed.report.dropped == nil)
    }
  }

  /// The failed segment may be whole after all: then the next one needs nothing.
  @Test func nothingIsVoidWhereAllIsThere() throws {
    let files = JournalFiles()
    let journal = try files.journal()
    try journal.begin(at: 1, header: header)
    try journal.append(JournalFiles.records(1...3))
    try journal.begin(at: 4, header: needing)
    try journal.append(JournalFiles.records(4...5))
    #expect(try files.replay().positions == [1, 2, 3, 4, 5])
  }

  /// What was durable before the failure is damage still; what was written after it and lost is not.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func proofDoesNotCrossAFailure(damaged: UInt64) throws {
    let files = JournalFiles()
    let journal = try files.journal(segmentBytes: 1)
    try journal.begin(at: 1, header: header)
    try journal.append(JournalFiles.records(1...2))
    // Begins another segment, and so 1 and 2 are durable.
    try journal.append(JournalFiles.records(3...4))
    try journal.begin(at: 5, header: needing)
    try journal.append(JournalFiles.records(5...6))
    try journal.append(JournalFiles.records(7...8))
    try journal.append(JournalFiles.records(9...9))
    let records = JournalFiles.records(1...4).map(\.length)
    let index = damaged <= 2 ? 0 : 1
    let copy = files.copy(files.names[index]) { bytes in
      let rest = damaged % 2 == 1 ? records[Int(damaged) - 1] + records[Int(damaged)] : records[Int(damaged) - 1]
      bytes[bytes.count - rest + 16] ^= 1
    }
    let error = try storeError { _ = try copy.replay() }
    if damaged <= 2 {
      guard case .journalDamaged(_, _, damaged, _, _)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    } else {
      #expect(error == nil)
      let replayed = try copy.replay()
      #expect(replayed.report.last == damaged - 1)
      #expect(replayed.report.dropped?.records == 5 + (damaged == 3 ? 1 : 0))
    }
    #expect(try copy.replay(after: 4).positions == [5, 6, 7, 8, 9])
  }

  @Test func noJournalIsAnEmptyOne() throws {
    let files = JournalFiles()
    _ = try files.journal()
    let replayed = try files.replay(after: 7)
    #expect(replayed.records.isEmpty && replayed.report == JournalReport(after: 7))
    #expect(try files.replay(after: .max).report.last == .max)
  }

  @Test func whatLearningThrowsEndsTheReplay() throws {
    struct Enough: Error {}
    let (files, _, _) = try segment(synchronizedAfter: [])
    var count = 0
    #expect(throws: Enough.self) {
      try Journal.replay(
        directory: JournalFiles.directory, on: files.disk, after: 0, pastDamage: false, segment: { _ in },
        record: { _ in
          count += 1
          if count == 3 { throw Enough() }
        })
    }
    #expect(count == 3)
    #expect(files.disk.openFiles == 0)
  }
}
