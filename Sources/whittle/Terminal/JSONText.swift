extension [UInt8] {
  /// Appends a JSON string of these bytes, which must be UTF-8.
  mutating func appendJSONString(_ text: some Sequence<UInt8>) {
    append(UInt8(ascii: "\""))
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(byte)
      case 0..<0x20:
        append(contentsOf: "\\u00".utf8)
        append(hexadecimal(byte >> 4))
        append(hexadecimal(byte & 15))
      default:
        append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends the shortest text that reads back as this number.
  ///
  /// - Precondition: the number is finite; JSON has no other.
  mutating func appendJSONNumber(_ number: Double) {
    precondition(number.isFinite, "JSON has no number \(number)")
    append(contentsOf: number.description.utf8)
  }
}

private func hexadecimal(_ digit: UInt8) -> UInt8 {
  digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
}
