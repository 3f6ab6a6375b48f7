/// Records on their way into the journal, put together by the thread that accepts messages.
///
/// That thread pays for copying the messages. What else a record needs, its check and what was durable by then, the journal's thread
/// fills in.
public struct JournalBatch: Sendable {
  /// The records, in the layout of `RecordLayout`; only the first `byteCount` bytes.
  private var storage: [UInt8] = []
  /// The bytes of all records.
  public private(set) var byteCount = 0
  /// The position of the first record.
  private(set) var first: UInt64?
  /// The position of the last record.
  public private(set) var last: UInt64?

  public init() {}

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
    let start = byteCount
    if storage.count < start + length { makeRoom(for: start + length) }
    storage.withUnsafeMutableBytes { storage in
      let record = UnsafeMutableRawBufferPointer(rebasing: storage[start..<start + length])
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
  }

  /// Makes the batch empty.
  public mutating func removeAll(keepingCapacity: Bool = false) {
    if !keepingCapacity { storage = [] }
    byteCount = 0
    first = nil
    last = nil
  }

  private mutating func makeRoom(for bytes: Int) {
    let wanted = max(bytes, 2 * storage.count, 4096)
    storage += [UInt8](repeating: 0, count: wanted - storage.count)
  }

  /// Fills in what the records' writer knows. What was filled in before is replaced.
  ///
  /// - Parameters:
  ///   - synchronized: the highest position known to be durable.
  ///   - seed: that of the segment's checks.
  /// - Complexity: O(bytes)
  mutating func seal(synchronized: UInt64, seed: UInt32) {
    let end = byteCount
    storage.withUnsafeMutableBytes { storage in
      var offset = 0
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
      try body(.init(rebasing: bytes[..<byteCount]))
    }
  }
}
