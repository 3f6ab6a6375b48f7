/// The first bytes of a payload, for people: as text where they are printable UTF-8, in hexadecimal where they are not.
enum PayloadStart: Equatable {
  case text(String)
  case hex(String)

  /// How many bytes are shown at most.
  static let length = 64

  init(_ payload: Span<UInt8>) {
    let bytes = payload.extracting(first: PayloadStart.length).withUnsafeBufferPointer { Array($0) }
    let whole = bytes.count < payload.count ? bytes.dropLast(PayloadStart.cutBytes(at: bytes)) : bytes[...]
    if let text = String(validating: whole, as: UTF8.self), text.unicodeScalars.allSatisfy(PayloadStart.isPrintable) {
      self = .text(text)
    } else {
      self = .hex(
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined())
    }
  }

  /// How many bytes at the end are the beginning of a character that goes on behind it.
  private static func cutBytes(at bytes: [UInt8]) -> Int {
    guard let lead = bytes.lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return 0 }
    let length =
      switch bytes[lead] {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 1
      }
    let there = bytes.count - lead
    return there < length ? there : 0
  }

  private static func isPrintable(_ character: Unicode.Scalar) -> Bool {
    switch character.properties.generalCategory {
    case .control: character == "\n" || character == "\r" || character == "\t"
    case .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
    default: true
    }
  }
}
