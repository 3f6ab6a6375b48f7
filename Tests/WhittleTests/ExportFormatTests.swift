import OnlineLearning
import Testing

@testable import whittle

@Suite struct ExportFormatTests {
  /// The check value that catalogues of cyclic redundancy checks list.
  @Test func checksumOfZip() {
    #expect(CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926)
    #expect(CRC32.of([]) == 0)
  }

  /// Values of the reference implementation, as its users pass them on.
  @Test(
    arguments: [
      ("", 0, 0), ("", 1, 0x514E_28B7), ("", 0xFFFF_FFFF, 0x81F1_6F39), ("test", 0, 0xBA6B_D213),
      ("test", 0x9747_B28C, 0x704B_81DC), ("Hello, world!", 0, 0xC036_3E43),
      ("Hello, world!", 0x9747_B28C, 0x2488_4CBA),
      ("The quick brown fox jumps over the lazy dog", 0x9747_B28C, 0x2FA8_26CD),
    ] as [(String, UInt32, UInt32)])
  func murmurHash(text: String, seed: UInt32, hash: UInt32) {
    #expect(VowpalWabbitHash.murmur(Array(text.utf8), seed: seed) == hash)
  }

  @Test func namesThatAreNumbersAreTheirOwnHash() {
    #expect(VowpalWabbitHash.of(feature: "12") == 12)
    #expect(VowpalWabbitHash.of(feature: "ns^12") == 12 + 3_567_900_184)
    #expect(VowpalWabbitHash.of(feature: " 12\t") == 12)
    #expect(VowpalWabbitHash.of(feature: "^12") != 12)
  }

  @Test func quotesInTables() {
    var csv: [UInt8] = []
    csv.appendCSVRecord(["a", "b,c", "d\"e", "f\ng", ""])
    csv.appendCSVRecord([""])
    #expect(String(decoding: csv, as: UTF8.self) == "a,\"b,c\",\"d\"\"e\",\"f\ng\",\n\"\"\n")
  }

  @Test func whatSharesAHashIsToldOf() {
    // 0 and 2²⁴ are equal in 24 bits, and that many weights are the most.
    let model = ExportedModel(
      step: 1, loss: .squared, intercept: 1, coefficients: [("0", 3), ("16777216", 2), ("7", 0)])
    var notices: [String] = []
    let bytes = VowpalWabbitModel(model) { notices.append($0) }.bytes
    #expect(notices.count == 1 && notices[0].contains("1 of 3 coefficients"))
    // The heavier one stays, after what begins with the intercept's place or before.
    let weights = bytes.suffix(16)
    #expect(weights.prefix(8).elementsEqual([0, 0, 0, 0] + littleEndian(Float(3).bitPattern)))
    #expect(weights.suffix(8).elementsEqual(littleEndian(UInt32(11_650_396)) + littleEndian(Float(1).bitPattern)))
  }

  private func littleEndian(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
  }

  @Test func formsByTheEndOfAName() {
    let forms = ["a.csv": ExportForm.csv, "b/c.JOBLIB": .sklearn, "m.vw": .vw, "x.npz": .npz, "y.pkl": .sklearn]
    for (path, form) in forms { #expect(ExportForm(of: path) == form, "\(path)") }
    #expect(ExportForm(of: "a.txt") == nil && ExportForm(of: "csv") == nil)
  }
}
