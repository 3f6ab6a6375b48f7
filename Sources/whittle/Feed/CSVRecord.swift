extension [UInt8] {
  /// Appends a record of RFC 4180, but for a line end of one byte. Fields are quoted where they have to be.
  mutating func appendCSVRecord(_ fields: [String]) {
    for (place, field) in fields.enumerated() {
      if place > 0 { append(UInt8(ascii: ",")) }
      // A record of one empty field would be an empty line.
      let isQuoted = field.utf8.contains { ",\"\r\n".utf8.contains($0) } || field.isEmpty && fields.count == 1
      if isQuoted { append(UInt8(ascii: "\"")) }
      for byte in field.utf8 {
        if byte == UInt8(ascii: "\"") { append(byte) }
        append(byte)
      }
      if isQuoted { append(UInt8(ascii: "\"")) }
    }
    append(UInt8(ascii: "\n"))
  }
}
