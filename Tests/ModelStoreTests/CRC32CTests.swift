import CProcessor
import TestSupport
import Testing

@testable import ModelStore

struct CRC32CTests {
  /// RFC 3720, B.4, and the check value that catalogs of these codes list.
  private static let vectors: [(bytes: [UInt8], value: UInt32)] = [
    (Array(repeating: 0, count: 32), 0x8A91_36AA),
    (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
    (Array(0..<32), 0x46DD_794E),
    (Array((0..<32).reversed()), 0x113F_DB5C),
    (Array("123456789".utf8), 0xE306_9283),
    ([], 0),
  ]

  @Test(arguments: vectors.indices)
  func knownVectors(index: Int) {
    #expect(check([Self.vectors[index].bytes]) == Self.vectors[index].value)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func piecesAreTheWhole(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
      UInt8.random(in: .min ... .max, using: &generator)
    }
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Int.random(in: 0...min(rest.count, 20), using: &generator)
      pieces.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(check(pieces) == check([bytes]), "seed \(seed)")
    #expect(check([bytes]) == Self.bitByBit(bytes), "seed \(seed)")
  }

  /// The instruction and the tables agree, from every register, at every length and alignment.
  @Test(.enabled(if: has_crc32c()), arguments: 0..<40 as Range<UInt64>)
  func instructionAndTablesAgree(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let bytes = (0..<generator.below(200) + 20).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let start = UInt32.random(in: .min ... .max, using: &generator)
    for skipped in 0..<16 {
      var one = CRC32C(seed: start)
      var other = CRC32C(seed: start)
      bytes.withUnsafeBytes {
        one.updateByInstruction(.init(rebasing: $0[skipped...]))
        other.updateByTables(.init(rebasing: $0[skipped...]))
      }
      #expect(one.value == other.value, "seed \(seed), from \(skipped)")
      #expect(one.value == Self.bitByBit(Array(bytes[skipped...]), seed: start), "seed \(seed), from \(skipped)")
    }
  }

  /// The instruction goes through long bytes in lanes: some of each length, and what is left over.
  @Test(.enabled(if: has_crc32c()), arguments: [3071, 3072, 6151, 49_151, 49_152, 52_257, 150_003])
  func longBytesAgree(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    var check = CRC32C(seed: 7)
    bytes.withUnsafeBytes { check.updateByInstruction($0) }
    #expect(check.value == Self.bitByBit(bytes, seed: 7))
  }

  private func check(_ pieces: [[UInt8]]) -> UInt32 {
    var check = CRC32C()
    for piece in pieces { piece.withUnsafeBytes { check.update($0) } }
    return check.value
  }

  /// The definition: long division by the reflected polynomial.
  static func bitByBit(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
    var register = ~seed
    for byte in bytes {
      register ^= UInt32(byte)
      for _ in 0..<8 { register = register & 1 == 0 ? register >> 1 : register >> 1 ^ 0x82F6_3B78 }
    }
    return ~register
  }
}
