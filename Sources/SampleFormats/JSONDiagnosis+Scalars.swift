internal import CSimdJSON

/// Strings, numbers and literals, and how mistakes are put into words.
extension JSONDiagnosis {
  mutating func readString() throws(SampleError) {
    let start = place
    place += 1
    while let byte {
      switch byte {
      case UInt8(ascii: "\""):
        place += 1
        return
      case UInt8(ascii: "\\"): try readEscape()
      case 0..<0x20:
        throw mistake("a string holds the control byte \(hexadecimal(byte)); escape it, as in \\n or \\u0000")
      default: place += 1
      }
    }
    place = start
    throw mistake("the string that begins here has no closing double quote")
  }

  private mutating func readEscape() throws(SampleError) {
    // A backslash as the last byte: the string is not closed, which the caller says.
    guard place + 1 < text.count else {
      place += 1
      return
    }
    switch text[place + 1] {
    case UInt8(ascii: "u"):
      let unit = try codeUnit()
      if 0xDC00...0xDFFF ~= unit {
        throw mistake("\(excerpt(6)) is the second half of a surrogate pair without its first half")
      }
      if 0xD800...0xDBFF ~= unit {
        let first = excerpt(6)
        let isPair = place + 7 < text.count && text[place + 6] == UInt8(ascii: "\\")
        guard isPair, text[place + 7] == UInt8(ascii: "u") else { throw unpaired(first) }
        place += 6
        guard 0xDC00...0xDFFF ~= (try codeUnit()) else { throw unpaired(first) }
      }
      place += 6
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      place += 2
    default: throw mistake("\(excerpt(2)) is no escape of JSON; a backslash itself is written \\\\")
    }
  }

  /// The number behind the `\u` at `place`.
  private func codeUnit() throws(SampleError) -> UInt32 {
    var unit: UInt32 = 0
    for position in place + 2..<place + 6 {
      guard position < text.count, let value = hexadecimalValue(text[position]) else {
        throw mistake("\(excerpt(6)) is no escape: \\u must have four hexadecimal digits, as in \\u00e4")
      }
      unit = unit << 4 | value
    }
    return unit
  }

  private func hexadecimalValue(_ digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(digit - UInt8(ascii: "A")) + 10
    default: nil
    }
  }

  private func unpaired(_ first: String) -> SampleError {
    mistake("\(first) is the first half of a surrogate pair without its second half")
  }

  mutating func readNumber() throws(SampleError) {
    let end = place + word.count
    var next = place
    if text[next] == UInt8(ascii: "-") { next += 1 }
    let hasLeadingZero = next < end && text[next] == UInt8(ascii: "0")
    let wholeDigits = skipDigits(&next)
    if hasLeadingZero, wholeDigits > 1 { throw mistake("number \(found) has a leading zero; leave it out") }
    var isComplete = wholeDigits > 0
    var isInteger = true
    if next < end, text[next] == UInt8(ascii: ".") {
      next += 1
      isInteger = false
      if skipDigits(&next) == 0 { isComplete = false }
    }
    if next < end, text[next] | 0x20 == UInt8(ascii: "e") {
      next += 1
      isInteger = false
      if next < end, text[next] == UInt8(ascii: "+") || text[next] == UInt8(ascii: "-") { next += 1 }
      if skipDigits(&next) == 0 { isComplete = false }
    }
    guard isComplete, next == end else {
      try checkNotFinite()
      throw mistake("\(found) is no number of JSON; write it in decimal, as in -1.5e-3")
    }
    if isInteger, wholeDigits >= 19, !fitsInteger(end) {
      throw mistake("integer \(found) has more than 64 bits; write it with a point, as in 1.0e20")
    }
    var value = 0.0
    let isRead = text[place..<end].withUnsafeBufferPointer { text_number($0.baseAddress, $0.count, &value) }
    if isRead, !value.isFinite { throw mistake("number \(found) is too large for a 64-bit float") }
    place = end
  }

  private func skipDigits(_ next: inout Int) -> Int {
    let start = next
    while next < text.count, isDigit(text[next]) { next += 1 }
    return next - start
  }

  /// Whether the integer at `place` is one that simdjson reads: in the range of Int64 or UInt64.
  private func fitsInteger(_ end: Int) -> Bool {
    let number = String(decoding: text[place..<end], as: UTF8.self)
    return Int64(number) != nil || UInt64(number) != nil
  }

  mutating func readLiteral(orClosing closer: UInt8?) throws(SampleError) {
    let word = word
    if word.elementsEqual("true".utf8) || word.elementsEqual("false".utf8) || word.elementsEqual("null".utf8) {
      place += word.count
      return
    }
    try checkNoComment()
    if byte == UInt8(ascii: "'") { throw singleQuotes }
    try checkNotFinite()
    if isWord(["true", "false", "null", "none"]) {
      throw mistake("JSON has no \(found); it writes true, false and null")
    }
    guard byte == nil, let closer else { throw mistake("\(found) stands where a value should") }
    throw unclosed(closer)
  }

  private func checkNotFinite() throws(SampleError) {
    if isWord(["nan", "inf", "infinity"]) {
      throw mistake("JSON has no \(found), only finite numbers; leave the field out, or write null")
    }
  }

  /// Whether one of these words stands at `place`, signed or not, in capitals or not.
  private func isWord(_ known: [String]) -> Bool {
    let bare = word.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    // Nothing that we look for is longer, and the sender may have sent a word of megabytes.
    return bare.count <= 8 && known.contains(String(decoding: bare, as: UTF8.self).lowercased())
  }

  func checkNoComment() throws(SampleError) {
    if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "#") {
      throw mistake("JSON has no comments; leave \(found) out")
    }
  }

  var singleQuotes: SampleError {
    mistake("JSON takes double quotes, not single ones, around keys and strings")
  }

  /// An error at `place`, whose bytes are counted from 1.
  func mistake(_ what: String) -> SampleError {
    SampleError(.brokenJSON, "the payload is not valid JSON: byte \(place + 1): \(what)", at: place)
  }

  /// What stands at `place`, in words.
  var found: String {
    guard let byte else { return "the end of the payload" }
    if byte < 0x20 || byte == 0x7F { return "the control byte \(hexadecimal(byte))" }
    return quoted(word.isEmpty ? [byte] : word)
  }

  func shown(_ byte: UInt8) -> String { "'\(Character(Unicode.Scalar(byte)))'" }

  private func hexadecimal(_ byte: UInt8) -> String {
    "0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
  }

  private func excerpt(_ count: Int) -> String {
    String(decoding: text.dropFirst(place).prefix(count), as: UTF8.self)
  }

  private func quoted(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.withUnsafeBufferPointer { SampleFormats.quoted($0.span) }
  }

  private func isGrammar(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","),
      UInt8(ascii: ":"), UInt8(ascii: "\""):
      true
    default: false
    }
  }

  func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  /// What stands at `place` up to a blank or a byte of JSON's grammar.
  private var word: ArraySlice<UInt8> {
    var end = place
    while end < text.count, !SampleDecoder.isBlank(text[end]), !isGrammar(text[end]) { end += 1 }
    return text[place..<end]
  }
}
