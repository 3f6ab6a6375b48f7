internal import FoundationEssentials

/// What a segment of the journal says of itself to those that learn its messages again.
public struct JournalHeader: Sendable, Equatable, Codable {
  /// The version of segments that this whittle writes, and the newest that it reads.
  public static let formatVersion = 1

  public var version = JournalHeader.formatVersion
  /// The settings under which the messages were accepted: JSON that means nothing to the journal.
  public var settings: String
  /// Whether the segment was begun after a failure, so that messages before its first may not be in the journal. It is void
  /// unless these are there after all, or a checkpoint has learned them.
  public var needsCheckpoint: Bool

  public init(settings: String, needsCheckpoint: Bool = false) {
    self.settings = settings
    self.needsCheckpoint = needsCheckpoint
  }
}

/// What a segment file begins with. All numbers are little-endian.
///
/// ```
///     0               8         12       16              24              32       36       40
///     +---------------+---------+--------+---------------+---------------+--------+--------+--- - - ---+---------+
///     | "whittleJ"    | version | JSON's | first         | synchronized  | seed   | CRC    | JSON      | spaces  |
///     |               |         | length | position      |               |        |        |           | to 8    |
///     +---------------+---------+--------+---------------+---------------+--------+--------+--- - - ---+---------+
/// ```
///
/// - `synchronized` is the highest position that was known to be durable when the segment was begun.
/// - `seed` goes into the checks of the records: a random number, so that no message's bytes, and no bytes of another file, pass as
///   a record of this one.
/// - `CRC` is the CRC-32C of all else in the head.
struct SegmentHead {
  let header: JournalHeader
  let first: UInt64
  let synchronized: UInt64
  let seed: UInt32
  /// Where the records begin.
  let byteCount: Int

  /// "whittleJ".
  private static let magic: UInt64 = 0x4A65_6C74_7469_6877
  private static let jsonStart = 40

  /// Why bytes are no head.
  enum Failure: Error {
    case malformed(problem: String)
    case newerVersion(Int)
  }

  /// The bytes of a head.
  ///
  /// - Parameter phase: where in a page of the file the head is to end, a multiple of 8, if that matters: its JSON gets as many
  ///   spaces as that takes.
  static func encoded(
    _ header: JournalHeader, first: UInt64, synchronized: UInt64, seed: UInt32, endingAt phase: Int?
  ) throws(StoreError) -> [UInt8] {
    var json: [UInt8]
    do {
      json = Array(try JSONEncoder().encode(header))
      let missing = phase.map { ($0 - jsonStart - json.count) & (DiskPage.bytes - 1) } ?? 0
      json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: missing))
    } catch {
      // A text, a number and a truth value: JSON has words for all of them.
      throw .damaged(path: "the journal's header", problem: "\(error)")
    }
    var bytes = [UInt8](repeating: 0, count: jsonStart) + json
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - bytes.count % 8) % 8))
    bytes.withUnsafeMutableBytes { bytes in
      bytes.put(magic, at: 0)
      bytes.put(UInt32(JournalHeader.formatVersion), at: 8)
      bytes.put(UInt32(json.count), at: 12)
      bytes.put(first, at: 16)
      bytes.put(synchronized, at: 24)
      bytes.put(seed, at: 32)
      bytes.put(check(UnsafeRawBufferPointer(bytes), end: bytes.count), at: 36)
    }
    return bytes
  }

  private static func check(_ bytes: UnsafeRawBufferPointer, end: Int) -> UInt32 {
    var check = CRC32C()
    check.update(.init(rebasing: bytes[..<36]))
    check.update(.init(rebasing: bytes[jsonStart..<end]))
    return check.value
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard bytes.count >= SegmentHead.jsonStart, bytes.number(at: 0, as: UInt64.self) == SegmentHead.magic else {
      throw .malformed(problem: "it does not begin as a segment of the journal does")
    }
    let length = Int(bytes.number(at: 12, as: UInt32.self))
    let jsonEnd = SegmentHead.jsonStart + length
    byteCount = (jsonEnd + 7) & ~7
    guard byteCount <= bytes.count else { throw .malformed(problem: "its header is cut off") }
    guard SegmentHead.check(bytes, end: byteCount) == bytes.number(at: 36, as: UInt32.self) else {
      throw .malformed(problem: "its header is not what was written")
    }
    let version = Int(bytes.number(at: 8, as: UInt32.self))
    guard version <= JournalHeader.formatVersion else { throw .newerVersion(version) }
    do {
      header = try JSONDecoder().decode(JournalHeader.self, from: Data(bytes[SegmentHead.jsonStart..<jsonEnd]))
    } catch {
      throw .malformed(problem: "its header is not the JSON that is expected")
    }
    first = bytes.number(at: 16, as: UInt64.self)
    synchronized = bytes.number(at: 24, as: UInt64.self)
    seed = bytes.number(at: 32, as: UInt32.self)
  }
}
