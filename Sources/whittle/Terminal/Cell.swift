/// What one cell of a table says. Spaces and tabs around it are not part of it.
enum Cell: Equatable {
  case empty
  /// A finite number that stands as it would in JSON, so that its own text can be sent.
  case number
  /// A finite number in another spelling: `+5`, `.5`, `007`.
  case looseNumber(Double)
  /// `true` or `false`, in small or capital letters.
  case boolean(Bool)
  /// NaN, an infinity, or a number that Float64 cannot hold.
  case notFinite
  case text

  init(_ bytes: ArraySlice<UInt8>) {
    let bytes = Cell.trimmed(bytes)
    guard let first = bytes.first else {
      self = .empty
      return
    }
    if Cell.isSign(first) || Cell.isDigit(first) || first == UInt8(ascii: ".") {
      if let number = Cell.numeric(bytes) {
        self = number
        return
      }
    }
    self = Cell.word(bytes)
  }

  /// The number that a cell of these bytes holds; nil for all that is not a finite number.
  func number(of bytes: ArraySlice<UInt8>) -> Double? {
    switch self {
    case .number: Double(String(decoding: Cell.trimmed(bytes), as: UTF8.self))
    case .looseNumber(let number): number
    default: nil
    }
  }

  static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = bytes
    while let first = rest.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
      rest.removeFirst()
    }
    while let last = rest.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { rest.removeLast() }
    return rest
  }

  private static func numeric(_ bytes: ArraySlice<UInt8>) -> Cell? {
    // Digits, signs, points and exponents only: Swift would also read hexadecimal, nan and inf.
    var digits = 0
    var plainInteger = true
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
      case UInt8(ascii: "-"): break
      case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): plainInteger = false
      default: return nil
      }
    }
    guard digits > 0 else { return nil }
    // Of these no finite check is needed, and JSON parsers hold such integers in 64 bits.
    let isJSON = isJSONNumber(bytes)
    if isJSON && digits <= 18 && plainInteger { return .number }
    guard let number = Double(String(decoding: bytes, as: UTF8.self)) else { return nil }
    if !number.isFinite { return .notFinite }
    return isJSON && !plainInteger ? .number : .looseNumber(number)
  }

  /// RFC 8259: `-`, an integer part without leading zeros, a fraction, an exponent.
  private static func isJSONNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    func digits() -> Int {
      let count = rest.prefix(while: isDigit).count
      rest.removeFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let leadingZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !leadingZero || whole == 1 else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      guard digits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      if let sign = rest.first, isSign(sign) { rest.removeFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  private static func word(_ bytes: ArraySlice<UInt8>) -> Cell {
    guard bytes.count <= 9 else { return .text }
    switch String(decoding: bytes, as: UTF8.self).lowercased() {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity": return .notFinite
    default: return .text
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
  private static func isSign(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") }
}
