import Glibc
import TestSupport
import Testing

@testable import ModelStore

/// Writes that go past the system's memory.
struct DirectWriteTests {
  private static let page = DiskPage.bytes

  /// Memory whose first byte lies at a place in a page.
  private static func bytes(_ count: Int, phase: Int, seed: UInt64) -> (storage: [UInt8], range: Range<Int>) {
    var generator = SeededGenerator(seed: seed)
    var storage = [UInt8](repeating: 0, count: count + page)
    let start = storage.withUnsafeMutableBytes { bytes in
      let start = (phase - Int(bitPattern: bytes.baseAddress)) & (page - 1)
      for place in start..<start + count { bytes[place] = UInt8.random(in: .min ... .max, using: &generator) }
      return start
    }
    return (storage, start..<start + count)
  }

  /// Pages that the system keeps in memory of a file.
  private static func residentPages(_ path: String, count: Int) throws -> Int {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    let map = try #require(mmap(nil, count, PROT_READ, MAP_SHARED, file, 0))
    defer { munmap(map, count) }
    var resident = [UInt8](repeating: 0, count: (count + page - 1) / page)
    try #require(mincore(map, count, &resident) == 0)
    return resident.count { $0 & 1 == 1 }
  }

  /// Whether the file system of the tests knows direct writes: a page that was written so is not in memory.
  private static func takesDirectWrites() throws -> Bool {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/probe"
    let file = open(path, O_WRONLY | O_CREAT | __O_DIRECT, 0o600)
    if file < 0 { return false }
    defer { close(file) }
    let (storage, range) = bytes(page, phase: 0, seed: 0)
    let written = storage.withUnsafeBytes { pwrite(file, $0.baseAddress.map { $0 + range.lowerBound }, page, 0) }
    return try written == page && residentPages(path, count: page) == 0
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func filesHoldWhatWasWritten(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let directory = try TemporaryDirectory()
    let files = LocalFileSystem()
    let file = try files.open("\(directory.path)/file", for: .writing)
    let flags = fcntl(file.number, F_GETFL)
    var expected: [UInt8] = []
    for piece in 0..<4 as Range<UInt64> {
      // Below, at, and above the smallest direct write; in memory as in the file, or not.
      let sizes = [0, 1, 8, 4096, 100_000, 262_144, 270_000, 600_000, 1_048_576]
      let count = sizes[generator.below(sizes.count)] + 8 * generator.below(3)
      let phase = generator.below(4) == 0 ? generator.below(4096) : expected.count % DirectWriteTests.page
      let (storage, range) = DirectWriteTests.bytes(count, phase: phase, seed: seed * 10 + piece)
      try storage.withUnsafeBytes {
        try files.writeAllDirectly(.init(rebasing: $0[range]), to: file, at: expected.count)
      }
      expected += storage[range]
      #expect(fcntl(file.number, F_GETFL) == flags, "seed \(seed)")
      if generator.below(2) == 0 { try files.synchronize(file) }
    }
    try files.close(file)
    #expect(try files.read("\(directory.path)/file") == expected, "seed \(seed)")
  }

  @Test func largeBatchesComeBack() throws {
    let directory = try TemporaryDirectory()
    let journal = try Journal(directory: directory.path, segmentBytes: 1 << 30)
    try journal.begin(at: 1, header: JournalHeader(settings: "{}"))
    var position: UInt64 = 0
    var phase = 0
    var expected: [[UInt8]] = []
    for _ in 0..<4 {
      var batch = JournalBatch(phase: phase)
      for _ in 0..<900 {
        position += 1
        let frame = (0..<1111 + Int(position) % 7).map { UInt8(truncatingIfNeeded: $0 &* Int(position)) }
        batch.append(JournalRecord(position: position, time: 0, kind: 1, frames: [frame]))
        expected.append(frame)
      }
      #expect(batch.phase == phase)
      phase = batch.nextPhase
      try journal.append(&batch)
    }
    try journal.close()
    let path = try #require(LocalFileSystem().names(in: directory.path).first { $0.hasPrefix("journal-") })
    let count = try LocalFileSystem().read("\(directory.path)/\(path)").count
    #expect(count > 4_000_000 && (count - phase) % DirectWriteTests.page == 0)
    var replayed: [[UInt8]] = []
    _ = try Journal.replay(
      directory: directory.path, on: LocalFileSystem(), after: 0, pastDamage: false, segment: { _ in },
      record: { replayed += $0.frames })
    #expect(replayed == expected)
  }

  @Test(.enabled("the temporary directory's file system knows no direct writes") { try takesDirectWrites() })
  func pagesGoEitherWay() throws {
    let directory = try TemporaryDirectory()
    let files = LocalFileSystem()
    let path = "\(directory.path)/file"
    let file = try files.open(path, for: .writing)
    let count = 1 << 20
    let (storage, range) = DirectWriteTests.bytes(count, phase: 1000, seed: 1)
    try storage.withUnsafeBytes { bytes in
      try files.writeAll(.init(rebasing: bytes[range.prefix(1000)]), to: file, at: 0)
      try files.writeAllDirectly(.init(rebasing: bytes[range]), to: file, at: 1000)
    }
    try files.close(file)
    // The first page and the last, which the batch shares with others.
    #expect(try DirectWriteTests.residentPages(path, count: 1000 + count) == 2)
  }

  @Test func batchesLieInMemoryAsInTheFile() throws {
    for phase in stride(from: 0, to: 3 * DirectWriteTests.page, by: 808) {
      var batch = JournalBatch(phase: phase)
      for round in 0..<3 {
        if round > 0 { batch.removeAll(keepingCapacity: true, phase: phase + 8 * round) }
        for position in 1...40 as ClosedRange<UInt64> { batch.append(JournalFiles.record(position)) }
        batch.append(JournalRecord(position: 41, time: 0, kind: 0, frames: [[UInt8](repeating: 7, count: 60_000)]))
        let expected = (phase + 8 * round) % DirectWriteTests.page
        #expect(batch.phase == expected && batch.nextPhase == (expected + batch.byteCount) % DirectWriteTests.page)
        try batch.withUnsafeBytes { (bytes) throws(StoreError) in
          #expect(Int(bitPattern: bytes.baseAddress) % DirectWriteTests.page == expected)
          #expect(bytes.count == batch.byteCount)
        }
      }
    }
  }
}
