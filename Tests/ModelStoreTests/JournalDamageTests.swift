import DiskDoubles
import TestSupport
import Testing

@testable import ModelStore

/// However the files are damaged, no record is given that was not written, and nothing traps.
struct JournalDamageTests {
  /// Segments of some messages each, synchronized now and then.
  private func journal(_ seed: UInt64) throws -> (files: JournalFiles, records: [JournalRecord]) {
    var generator = SeededGenerator(seed: seed)
    let files = JournalFiles()
    let journal = try files.journal(segmentBytes: 700)
    try journal.begin(at: 1, header: JournalHeader(settings: "{\"seed\":\(seed)}"))
    let records = JournalFiles.records(1...14)
    var rest = records[...]
    while !rest.isEmpty {
      let count = 1 + generator.below(3)
      try journal.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
      if generator.below(2) == 0 { try journal.synchronize() }
    }
    return (files, records)
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func cutAnywhereInItsLastSegment(seed: UInt64) throws {
    let (files, records) = try journal(seed)
    let name = try #require(files.names.last)
    let whole = files.bytes(name)
    let segment = try JournalSegment(.init(first: firstPosition(name), path: JournalFiles.path(name)), on: files.disk)
    let places = segment.records(from: 0)
    let head = try #require(segment.head).byteCount
    #expect(places.last.map { $0.offset + $0.length } == whole.count)
    for size in 0..<whole.count {
      let copy = files.copy(name) { $0.removeLast($0.count - size) }
      if size < head {
        #expect(try storeError { _ = try copy.replay() } != nil, "seed \(seed), \(size) bytes")
        continue
      }
      let last = places.last { $0.offset + $0.length <= size }?.position ?? firstPosition(name) - 1
      let replayed = try copy.replay()
      #expect(replayed.records == records.filter { $0.position <= last }, "seed \(seed), \(size) bytes")
      let end = places.last { $0.offset + $0.length <= size }.map { $0.offset + $0.length } ?? head
      #expect(replayed.report.dropped?.bytes ?? 0 == size - end, "seed \(seed), \(size) bytes")
    }
  }

  private func firstPosition(_ name: String) -> UInt64 { UInt64(name.dropFirst(8).prefix(20)) ?? 0 }

  @Test(arguments: [0x01, 0x80, 0xFF, 0x08] as [UInt8])
  func anyByteChanged(mask: UInt8) throws {
    let (files, records) = try journal(5)
    for name in files.names {
      for offset in files.bytes(name).indices {
        let copy = files.copy(name) { $0[offset] ^= mask }
        try check(copy, records, "\(name), byte \(offset), mask \(mask)")
      }
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func damageOfAllKinds(seed: UInt64) throws {
    let (files, records) = try journal(seed)
    var generator = SeededGenerator(seed: seed &+ 77)
    var copy = files
    for _ in 0..<1 + generator.below(3) {
      let name = generator.pick(files.names)
      copy = copy.copy(name) { bytes in
        let place = generator.below(bytes.count + 1)
        switch generator.below(5) {
        case 0: bytes.removeLast(bytes.count - place)
        case 1: for offset in place..<min(bytes.count, place + 200) { bytes[offset] = 0 }
        case 2: bytes.insert(contentsOf: (0..<generator.below(40)).map { _ in UInt8(generator.below(256)) }, at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + generator.below(100)))
        // A record that stands twice.
        default: bytes.insert(contentsOf: bytes.suffix(bytes.count - place), at: place)
        }
      }
    }
    try check(copy, records, "seed \(seed)")
  }

  /// Gives records as written, in order, from the first on, without holes but those reported.
  private func check(_ files: JournalFiles, _ records: [JournalRecord], _ comment: String) throws {
    for pastDamage in [false, true] {
      for after in [0, 5, 9] as [UInt64] {
        var replayed: JournalFiles.Replayed?
        let error = try storeError { replayed = try files.replay(after: after, pastDamage: pastDamage) }
        guard let replayed else {
          guard case .journalDamaged(_, _, let position, let missing, _)? = error, !pastDamage else {
            Issue.record("\(comment): \(String(describing: error))")
            continue
          }
          #expect(position > after && missing > 0, "\(comment)")
          continue
        }
        let given = Set(replayed.positions)
        #expect(replayed.records == records.filter { given.contains($0.position) }, "\(comment)")
        #expect(given.allSatisfy { $0 > after })
        if !pastDamage {
          #expect(replayed.report.gaps.isEmpty)
          #expect(replayed.positions == records.map(\.position).filter { $0 > after && $0 <= replayed.report.last })
        }
      }
    }
  }
}
