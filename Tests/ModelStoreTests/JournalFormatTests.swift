import TestSupport
import Testing

@testable import ModelStore

/// What stands in the files, byte by byte.
struct JournalFormatTests {
  /// A record as the layout says, put together in another way.
  private func encoded(_ record: JournalRecord, synchronized: UInt64, seed: UInt32) -> [UInt8] {
    func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    var rest = bytes(record.position) + bytes(record.time.bitPattern) + bytes(synchronized)
    rest += [record.kind, 0, 0, 0] + bytes(UInt32(record.frames.count))
    for frame in record.frames { rest += bytes(UInt32(frame.count)) }
    for frame in record.frames { rest += frame }
    while rest.count % 8 != 0 { rest.append(0) }
    return bytes(UInt32(rest.count + 8)) + bytes(CRC32CTests.bitByBit(rest, seed: seed)) + rest
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func recordsAreLaidOutAsDrawn(seed: UInt64) throws {
    let files = JournalFiles()
    let journal = try files.journal()
    let header = JournalHeader(settings: "{\"größe\":1}")
    try journal.begin(at: 1, header: header)
    let name = try #require(files.names.first)
    let head = files.bytes(name)
    #expect(head.count % 8 == 0)
    #expect(Array(head.prefix(8)) == Array("whittleJ".utf8))
    let recordSeed = head.withUnsafeBytes { $0.number(at: 32, as: UInt32.self) }
    var expected = head
    var batch = JournalBatch()
    var position: UInt64 = 0
    for synchronized in [0, 3, 9] as [UInt64] {
      batch.removeAll(keepingCapacity: true)
      #expect(batch.isEmpty && batch.last == nil)
      var bytes = 0
      for _ in 0..<(synchronized == 0 ? 3 : 6) {
        position += 1
        let record = JournalFiles.record(position, seed: seed)
        let encoding = encoded(record, synchronized: synchronized, seed: recordSeed)
        batch.append(record, before: position % 2 == 0 ? [Array("topic".utf8)] : [])
        expected += encoding
        bytes += encoding.count
      }
      #expect(batch.byteCount == bytes && batch.last == position, "seed \(seed)")
      try journal.append(&batch)
      #expect(journal.written == position)
      try journal.synchronize()
      #expect(journal.synchronized == position)
    }
    #expect(files.bytes(name) == expected, "seed \(seed)")
    let replayed = try files.replay()
    #expect(replayed.records == (1...position).map { JournalFiles.record($0, seed: seed) }, "seed \(seed)")
    #expect(replayed.headers == [header])
    #expect(replayed.report.bytes == expected.count - head.count)
    #expect(replayed.report.records == Int(position))
    #expect(replayed.report.last == position)
    #expect(replayed.report.dropped == nil && replayed.report.gaps.isEmpty)
  }

  @Test func everyShapeOfMessage() throws {
    let shapes: [[[UInt8]]] = [
      [], [[]], [[], []], [[1]], [Array(repeating: 7, count: 100_000), []], Array(repeating: [9], count: 999),
    ]
    for (index, frames) in shapes.enumerated() {
      for time in [0, -1.5, .infinity, .greatestFiniteMagnitude] {
        let files = JournalFiles()
        let journal = try files.journal(segmentBytes: 64)
        try journal.begin(at: 1, header: JournalHeader(settings: ""))
        let records = [
          JournalRecord(position: 1, time: time, kind: 255, frames: frames),
          JournalRecord(position: 2, time: time, kind: 0, frames: frames),
        ]
        try journal.append(records)
        #expect(try files.replay().records == records, "shape \(index)")
      }
    }
  }

  /// Bytes of a message that look like a record are none: the seed is unknown to those who send.
  @Test func recordsInsideMessagesAreNotTaken() throws {
    let files = JournalFiles()
    let journal = try files.journal()
    try journal.begin(at: 1, header: JournalHeader(settings: ""))
    let forged = encoded(JournalFiles.record(9), synchronized: 1000, seed: 0)
    // The frame begins at a multiple of 8.
    let carrier = JournalRecord(position: 1, time: 0, kind: 0, frames: [[0, 0, 0, 0], forged])
    try journal.append([carrier])
    let name = try #require(files.names.first)
    let torn = files.copy(name) { $0[$0.count - 1] ^= 1 }
    let replayed = try torn.replay()
    #expect(replayed.records.isEmpty)
    #expect(replayed.report.dropped?.records == 0)
  }

  @Test func aNewerVersionIsRefused() throws {
    let files = JournalFiles()
    let journal = try files.journal()
    try journal.begin(at: 1, header: JournalHeader(settings: ""))
    let name = try #require(files.names.first)
    let newer = files.copy(name) { bytes in
      bytes[8] = 2
      let check = CRC32CTests.bitByBit(Array(bytes[..<36] + bytes[40...]))
      bytes.replaceSubrange(36..<40, with: withUnsafeBytes(of: check.littleEndian) { Array($0) })
    }
    for pastDamage in [false, true] {
      #expect(throws: StoreError.newerVersion(path: JournalFiles.path(name), found: 2, known: 1)) {
        try newer.replay(pastDamage: pastDamage)
      }
    }
  }
}
