internal import CProcessor

/// Records on their way into the journal, put together by the thread that accepts messages.
///
/// That thread pays for copying the messages. What else a record needs, its check and what was durable by then, the journal's thread
/// fills in.
///
/// Records lie in memory as they are going to lie in the file, as far as pages go: so the pages can be handed to the disk as
/// they are (see `FileSystem.writeDirectly`).
public struct JournalBatch: Sendable {
  /// Holds the records, in the layout of `RecordLayout`, from `start` on.
  private var storage: [UInt8] = []
  private var start = 0
  /// Where in a page of the file the first record is going to lie, if that is known; else a guess, at the price of a slower
  /// write.
  public private(set) var phase: Int
  /// The bytes of all records.
  public private(set) var byteCount = 0
  /// The position of the first record.
  private(set) var first: UInt64?
  /// The position of the last record.
  public private(set) var last: UInt64?

  /// More is rarely in a batch; so much is made room for at once.
  private static let usual = 1 << 20 + 1 << 16

  /// The bytes that are fetched ahead at most: of longer records the processor fetches the rest while the beginning is written.
  private static let mostAhead = 2 << 10

  /// - Parameter phase: how many bytes the file has before the first record, or that modulo a page.
  public init(phase: Int = 0) { self.phase = phase % DiskPage.bytes }

  /// The phase of the batch that comes after this one.
  public var nextPhase: Int { (phase + byteCount) % DiskPage.bytes }

  public var isEmpty: Bool { byteCount == 0 }

  /// Adds a message.
  ///
  /// - Parameters:
  ///   - position: the one after `last`, where there is one; at least 1.
  ///   - time: when it was accepted, in seconds.
  ///   - kind: kept as it is.
  ///   - frames: the message's frames, less than 4 GB together.
  ///   - first: the first of them to keep; those before it are left out.
  /// - Complexity: O(bytes of the frames)
  public mutating func append(
    position: UInt64, time: Double, kind: UInt8, frames: Span<UnsafeRawBufferPointer>, from first: Int = 0
  ) {
    precondition(position > 0 && (last == nil || last == position - 1), "positions follow each other")
    let count = max(frames.count - first, 0)
    var bytes = 0
    for index in first..<first + count { bytes += frames[index].count }
    let length = RecordLayout.length(frames: count, bytes: bytes)
    precondition(length <= UInt32.max, "a record has less than 4 GB")
    if storage.count < start + byteCount + length { makeRoom(for: byteCount + length) }
    let begin = start + byteCount
    storage.withUnsafeMutableBytes { storage in
      let record = UnsafeMutableRawBufferPointer(rebasing: storage[begin..<begin + length])
      record.put(UInt32(length), at: 0)
      record.put(position, at: RecordLayout.position)
      record.put(time.bitPattern, at: RecordLayout.time)
      record.put(UInt32(kind), at: RecordLayout.kind)
      record.put(UInt32(count), at: RecordLayout.frameCount)
      var place = RecordLayout.frameLengths + 4 * count
      for index in 0..<count {
        let frame = frames[first + index]
        record.put(UInt32(frame.count), at: RecordLayout.frameLengths + 4 * index)
        UnsafeMutableRawBufferPointer(rebasing: record[place...]).copyMemory(from: frame)
        place += frame.count
      }
      // The memory may have held another record.
      while place < length {
        record[place] = 0
        place += 1
      }
    }
    byteCount += length
    if last == nil { self.first = position }
    last = position
    fetchAhead(min(length, JournalBatch.mostAhead))
  }

  /// Asks for the memory that the next record is going to be written to, which the journal's thread had last: writing would
  /// wait for it.
  private func fetchAhead(_ bytes: Int) {
    let next = start + byteCount
    storage.withUnsafeBytes { storage in
      for place in stride(from: next, to: min(next + bytes, storage.count), by: 64) {
        prefetch_to_write(storage.baseAddress.map { $0 + place })
      }
    }
  }

  /// Makes the batch empty.
  ///
  /// - Parameter phase: likewise of the first record to come.
  public mutating func removeAll(keepingCapacity: Bool = false, phase: Int = 0) {
    if !keepingCapacity { storage = [] }
    byteCount = 0
    first = nil
    last = nil
    self.phase = phase % DiskPage.bytes
    start = JournalBatch.start(in: storage, self.phase)
  }

  /// Where in memory a place in a page of the file first has its like; 0 where there is no room yet.
  private static func start(in storage: borrowing [UInt8], _ phase: Int) -> Int {
    if storage.count < DiskPage.bytes { return 0 }
    return storage.withUnsafeBytes { (phase - Int(bitPattern: $0.baseAddress)) & (DiskPage.bytes - 1) }
  }

  private mutating func makeRoom(for bytes: Int) {
    let wanted = max(bytes + bytes / 4 + DiskPage.bytes, min(8 * storage.count, JournalBatch.usual), 16 << 10)
    // Nothing of it is read before it is written, and zeros would have to be written first.
    var larger = [UInt8](unsafeUninitializedCapacity: wanted) { $1 = wanted }
    let newStart = JournalBatch.start(in: larger, phase)
    larger.withUnsafeMutableBytes { larger in
      storage.withUnsafeBytes { storage in
        UnsafeMutableRawBufferPointer(rebasing: larger[newStart...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: storage[start..<start + byteCount]))
      }
    }
    storage = larger
    start = newStart
  }

  /// Fills in what the records' writer knows. What was filled in before is replaced.
  ///
  /// - Parameters:
  ///   - synchronized: the highest position known to be durable.
  ///   - seed: that of the segment's checks.
  /// - Complexity: O(bytes)
  mutating func seal(synchronized: UInt64, seed: UInt32) {
    let end = start + byteCount
    storage.withUnsafeMutableBytes { storage in
      var offset = start
      while offset < end {
        // As `append` has written it.
        let length = Int(UnsafeRawBufferPointer(storage).number(at: offset, as: UInt32.self))
        let record = UnsafeMutableRawBufferPointer(rebasing: storage[offset..<offset + length])
        record.put(synchronized, at: RecordLayout.synchronized)
        var check = CRC32C(seed: seed)
        check.update(UnsafeRawBufferPointer(rebasing: record[RecordLayout.position...]))
        record.put(check.value, at: 4)
        offset += length
      }
    }
  }

  /// The bytes of all records.
  func withUnsafeBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try storage.span.bytes.withUnsafeBytes { (bytes) throws(StoreError) in
      try body(.init(rebasing: bytes[start..<start + byteCount]))
    }
  }
}
