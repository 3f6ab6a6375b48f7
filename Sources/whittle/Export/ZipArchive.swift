/// A ZIP archive of files that are stored as they are, after PKWARE's APPNOTE.TXT: each file behind a header of its own, then
/// the directory of all, then its end.
///
/// - Precondition: all of it has less than 4 GB, and it holds less than 65,536 files.
struct ZipArchive {
  private var files: [UInt8] = []
  private var directory: [UInt8] = []
  private var count: UInt16 = 0

  /// - Complexity: O(bytes)
  mutating func add(_ name: String, _ content: [UInt8]) {
    let start = UInt32(files.count)
    var common: [UInt8] = []
    // Made for version 2.0, without flags, stored, on the first day that there is.
    for number: UInt16 in [20, 0, 0, 0, 0x21] { common.appendLittleEndian(number) }
    common.appendLittleEndian(CRC32.of(content))
    common.appendLittleEndian(UInt32(content.count))
    common.appendLittleEndian(UInt32(content.count))
    common.appendLittleEndian(UInt16(name.utf8.count))
    common.appendLittleEndian(UInt16(0))
    files.append(contentsOf: "PK\u{3}\u{4}".utf8)
    files += common + Array(name.utf8) + content
    directory.append(contentsOf: "PK\u{1}\u{2}".utf8)
    directory.appendLittleEndian(UInt16(20))
    directory += common
    // No comment, first disk, no attributes.
    directory.append(contentsOf: repeatElement(0, count: 10))
    directory.appendLittleEndian(start)
    directory += Array(name.utf8)
    count += 1
  }

  var bytes: [UInt8] {
    var end = Array("PK\u{5}\u{6}".utf8) + [0, 0, 0, 0]
    end.appendLittleEndian(count)
    end.appendLittleEndian(count)
    end.appendLittleEndian(UInt32(directory.count))
    end.appendLittleEndian(UInt32(files.count))
    end.appendLittleEndian(UInt16(0))
    return files + directory + end
  }
}

/// The cyclic redundancy check of ZIP and Ethernet: the polynomial 0x04C11DB7, reflected.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
  }

  /// - Complexity: O(bytes)
  static func of(_ bytes: [UInt8]) -> UInt32 {
    let table = table
    return ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }
}

extension [UInt8] {
  mutating func appendLittleEndian(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  mutating func appendBigEndian(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }
}
