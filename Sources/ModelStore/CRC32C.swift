internal import CProcessor

/// The Castagnoli cyclic redundancy check (RFC 3720, B.4): by the processor's instruction where it has one, else by slicing
/// eight bytes at a time (Kounavis and Berry, 2005).
struct CRC32C {
  private var register: UInt32

  /// - Parameter seed: two checks of the same bytes agree only where their seeds do. The standard's is 0.
  init(seed: UInt32 = 0) {
    register = ~seed
  }

  private static let hasInstruction = has_crc32c()

  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78 }
      tables[byte] = value
    }
    for position in 256..<tables.count {
      let shorter = tables[position - 256]
      tables[position] = shorter >> 8 ^ tables[Int(shorter & 0xFF)]
    }
    return tables
  }()

  /// The check of all bytes so far.
  var value: UInt32 { ~register }

  /// Takes in bytes by their check.
  ///
  /// - Parameter count: how many they are.
  /// - Complexity: O(log count)
  mutating func append(_ check: UInt32, count: Int) { register = ~CRC32C.joined(value, check, count: count) }

  /// - Complexity: O(bytes)
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    if CRC32C.hasInstruction { updateByInstruction(bytes) } else { updateByTables(bytes) }
  }

  /// For a processor that has the instruction only.
  mutating func updateByInstruction(_ bytes: UnsafeRawBufferPointer) {
    var register = register
    let words = bytes.count & ~7
    var offset = 0
    // The instruction takes three cycles, and another one can begin in each: three lanes at a time keep it busy.
    for (lane, zeros) in CRC32C.lanes {
      while words - offset >= 3 * lane {
        var (second, third): (UInt32, UInt32) = (0, 0)
        for place in stride(from: offset, to: offset + lane, by: 32) {
          register = CRC32C.four(register, bytes, place)
          second = CRC32C.four(second, bytes, place + lane)
          third = CRC32C.four(third, bytes, place + 2 * lane)
        }
        register = CRC32C.product(zeros, register) ^ second
        register = CRC32C.product(zeros, register) ^ third
        offset += 3 * lane
      }
    }
    while words - offset >= 32 {
      register = CRC32C.four(register, bytes, offset)
      offset += 32
    }
    while offset < words {
      register = crc32c_of_word(register, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
      offset += 8
    }
    self.register = register
    updateByTables(.init(rebasing: bytes[words...]))
  }

  /// Bytes of a lane, multiples of 32, and by what so many zero bytes multiply the register. The longer, the less of joining; the
  /// shorter, the less is left over.
  private static let lanes = [16 << 10, 1 << 10].map { ($0, power($0)) }

  @inline(__always)
  private static func four(_ register: UInt32, _ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    func word(_ number: Int) -> UInt64 {
      bytes.loadUnaligned(fromByteOffset: offset + 8 * number, as: UInt64.self).littleEndian
    }
    return crc32c_of_words(register, word(0), word(1), word(2), word(3))
  }

  mutating func updateByTables(_ bytes: UnsafeRawBufferPointer) {
    // One bounds check fewer a byte: every index below is under 8 · 256 by construction.
    CRC32C.tables.withUnsafeBufferPointer { tables in
      var register = register
      var offset = 0
      while offset + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian ^ UInt64(register)
        register = 0
        for slice in 0..<8 {
          register ^= tables[(7 - slice) * 256 + Int(word >> UInt64(8 * slice) & 0xFF)]
        }
        offset += 8
      }
      while offset < bytes.count {
        register = register >> 8 ^ tables[Int((register ^ UInt32(bytes[offset])) & 0xFF)]
        offset += 1
      }
      self.register = register
    }
  }
}
