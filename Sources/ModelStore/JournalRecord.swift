/// An accepted message as the journal keeps it.
public struct JournalRecord: Sendable, Equatable {
  /// Counts the accepted messages since the model began; 1 is the first.
  public let position: UInt64
  /// When it was accepted, in seconds.
  public let time: Double
  /// Means nothing to the journal.
  public let kind: UInt8
  public let frames: [[UInt8]]

  public init(position: UInt64, time: Double, kind: UInt8, frames: [[UInt8]]) {
    self.position = position
    self.time = time
    self.kind = kind
    self.frames = frames
  }
}

/// How a record lies in a segment. All numbers are little-endian, and records begin at multiples of 8.
///
/// ```
///     0        4        8               16              24              32   33        36       40
///     +--------+--------+---------------+---------------+---------------+----+---------+--------+---------
///     | length | CRC    | position      | time          | synchronized  |kind| 0  0  0 | frames | lengths…
///     +--------+--------+---------------+---------------+---------------+----+---------+--------+---------
///      …of the frames, 4 bytes each | bytes of the frames, end to end | zeros to a multiple of 8 |
///     ----------------------------------------------------------------------------------------+
/// ```
///
/// - `length` is that of the whole record in bytes, a multiple of 8.
/// - `CRC` is the CRC-32C, with the segment's seed, of all that follows it in the record.
/// - `time` is the bit pattern of a Double.
/// - `synchronized` is the highest position that was known to be durable when the record was handed to the file. It proves, should an
///   earlier record be unreadable, whether that one was ever promised to anybody.
/// - `frames` is the number of frames.
enum RecordLayout {
  static let position = 8
  static let time = 16
  static let synchronized = 24
  static let kind = 32
  static let frameCount = 36
  static let frameLengths = 40

  /// The length of a record.
  ///
  /// - Parameter bytes: of all frames together.
  static func length(frames: Int, bytes: Int) -> Int { (frameLengths + 4 * frames + bytes + 7) & ~7 }
}

/// Where a whole record lies, and what matters of it to those that do not read it.
struct RecordPlace: Equatable {
  let offset: Int
  let length: Int
  let position: UInt64
  let synchronized: UInt64

  /// The record that begins at `offset`; nil where what is there is none, or not one of the segment with this seed.
  ///
  /// - Complexity: O(length of the record)
  init?(at offset: Int, in bytes: UnsafeRawBufferPointer, seed: UInt32) {
    let room = bytes.count - offset
    guard room >= RecordLayout.frameLengths else { return nil }
    let length = Int(bytes.number(at: offset, as: UInt32.self))
    guard length >= RecordLayout.frameLengths, length % 8 == 0, length <= room else { return nil }
    let frames = Int(bytes.number(at: offset + RecordLayout.frameCount, as: UInt32.self))
    guard frames <= (length - RecordLayout.frameLengths) / 4 else { return nil }
    var content = 0
    for frame in 0..<frames {
      content += Int(bytes.number(at: offset + RecordLayout.frameLengths + 4 * frame, as: UInt32.self))
    }
    guard length == RecordLayout.length(frames: frames, bytes: content) else { return nil }
    var check = CRC32C(seed: seed)
    check.update(.init(rebasing: bytes[offset + RecordLayout.position..<offset + length]))
    guard check.value == bytes.number(at: offset + 4, as: UInt32.self) else { return nil }
    self.offset = offset
    self.length = length
    position = bytes.number(at: offset + RecordLayout.position, as: UInt64.self)
    synchronized = bytes.number(at: offset + RecordLayout.synchronized, as: UInt64.self)
  }
}

extension JournalRecord {
  /// Reads a record whose place was found in the same bytes.
  ///
  /// - Complexity: O(length of the record)
  init(_ place: RecordPlace, in bytes: UnsafeRawBufferPointer) {
    let count = Int(bytes.number(at: place.offset + RecordLayout.frameCount, as: UInt32.self))
    var start = place.offset + RecordLayout.frameLengths + 4 * count
    var frames: [[UInt8]] = []
    frames.reserveCapacity(count)
    for frame in 0..<count {
      let length = Int(bytes.number(at: place.offset + RecordLayout.frameLengths + 4 * frame, as: UInt32.self))
      frames.append(Array(bytes[start..<start + length]))
      start += length
    }
    self.init(
      position: place.position,
      time: Double(bitPattern: bytes.number(at: place.offset + RecordLayout.time, as: UInt64.self)),
      kind: bytes[place.offset + RecordLayout.kind], frames: frames)
  }
}

extension UnsafeRawBufferPointer {
  /// A little-endian number, which must lie within.
  func number<Number: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as: Number.Type) -> Number {
    Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Puts a little-endian number, which must lie within.
  func put(_ number: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
    storeBytes(of: number.littleEndian, toByteOffset: offset, as: type(of: number))
  }
}
