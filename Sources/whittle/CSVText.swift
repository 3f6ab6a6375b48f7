/// Records of RFC 4180, but for line ends of one byte.
struct CSVText {
  private(set) var bytes: [UInt8] = []

  /// One record. Fields are quoted where they have to be.
  mutating func addRow(_ fields: [String]) {
    for (place, field) in fields.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      let isQuoted = field.utf8.contains { ",\"\r\n".utf8.contains($0) }
      if isQuoted { bytes.append(UInt8(ascii: "\"")) }
      for byte in field.utf8 {
        if byte == UInt8(ascii: "\"") { bytes.append(byte) }
        bytes.append(byte)
      }
      if isQuoted { bytes.append(UInt8(ascii: "\"")) }
    }
    bytes.append(UInt8(ascii: "\n"))
  }
}
