import Foundation

/// A value of JSON as the grammar of RFC 8259 reads it: recursive, by characters, and for tests only.
indirect enum JSONTree: Equatable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONTree])
  case object([Member])

  struct Member: Equatable {
    var key: String
    var value: JSONTree
  }

  /// The features that it stands for, in their order, with repetitions.
  func features(named name: String) -> [(name: String, value: Double)] {
    switch self {
    case .null: []
    case .boolean(let flag): [(name, flag ? 1 : 0)]
    case .number(let number): [(name, number)]
    // A string without a key has no name either.
    case .string(let text): [(name.isEmpty ? "" : name + "=" + text, 1)]
    case .array(let elements): elements.enumerated().flatMap { $1.features(named: "\(name)[\($0)]") }
    case .object(let members): members.flatMap { $0.value.features(named: name + "." + $0.key) }
    }
  }

  /// The paths of all that it holds, and its own.
  func paths(named name: String) -> [String] {
    switch self {
    case .array(let elements): [name] + elements.enumerated().flatMap { $1.paths(named: "\(name)[\($0)]") }
    case .object(let members): [name] + members.flatMap { $0.value.paths(named: name + "." + $0.key) }
    default: [name]
    }
  }
}

/// Reads JSON, or throws where there is anything wrong.
struct JSONOracle {
  struct Invalid: Error {}

  private let text: [Unicode.Scalar]
  private var place = 0

  static func read(_ bytes: [UInt8]) throws -> JSONTree {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Invalid() }
    var oracle = JSONOracle(text: Array(text.unicodeScalars))
    let tree = try oracle.value()
    oracle.skipBlanks()
    guard oracle.place == oracle.text.count else { throw Invalid() }
    return tree
  }

  private init(text: [Unicode.Scalar]) {
    self.text = text
  }

  private var next: Unicode.Scalar? { place < text.count ? text[place] : nil }

  private mutating func skipBlanks() {
    while let next, " \t\r\n".unicodeScalars.contains(next) { place += 1 }
  }

  private mutating func take(_ expected: Unicode.Scalar) -> Bool {
    guard next == expected else { return false }
    place += 1
    return true
  }

  private mutating func value() throws -> JSONTree {
    skipBlanks()
    switch next {
    case "{": return .object(try list("{", "}") { JSONTree.Member(key: try $0.key(), value: try $0.value()) })
    case "[": return .array(try list("[", "]") { try $0.value() })
    case "\"": return .string(try string())
    case let digit? where digit == "-" || ("0"..."9").contains(digit): return .number(try number())
    default: return try literal()
    }
  }

  private mutating func list<Element>(
    _ opener: Unicode.Scalar, _ closer: Unicode.Scalar, _ element: (inout JSONOracle) throws -> Element
  ) throws -> [Element] {
    var elements: [Element] = []
    place += 1
    skipBlanks()
    if take(closer) { return [] }
    repeat {
      elements.append(try element(&self))
      skipBlanks()
    } while take(",")
    guard take(closer) else { throw Invalid() }
    return elements
  }

  private mutating func key() throws -> String {
    skipBlanks()
    guard next == "\"" else { throw Invalid() }
    let key = try string()
    skipBlanks()
    guard take(":") else { throw Invalid() }
    return key
  }

  private mutating func string() throws -> String {
    // UTF-16, in which escapes are written.
    var units: [UInt16] = []
    place += 1
    while !take("\"") {
      guard let scalar = next, scalar.value >= 0x20 else { throw Invalid() }
      place += 1
      guard scalar == "\\" else {
        units += String(Character(scalar)).utf16
        continue
      }
      guard let escape = next else { throw Invalid() }
      place += 1
      if escape == "u" {
        let digits = String(String.UnicodeScalarView(text[place...].prefix(4)))
        guard digits.count == 4, digits.allSatisfy(\.isHexDigit), digits.allSatisfy(\.isASCII),
          let unit = UInt16(digits, radix: 16)
        else { throw Invalid() }
        units.append(unit)
        place += 4
      } else {
        let meanings: [Unicode.Scalar: UInt16] = [
          "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
        ]
        guard let unit = meanings[escape] else { throw Invalid() }
        units.append(unit)
      }
    }
    guard let string = String(validating: units, as: UTF16.self) else { throw Invalid() }
    return string
  }

  private mutating func number() throws -> Double {
    let start = place
    while let next, "+-.0123456789eE".unicodeScalars.contains(next) { place += 1 }
    let word = String(String.UnicodeScalarView(text[start..<place]))
    guard word.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) != nil, let number = Double(word),
      number.isFinite
    else { throw Invalid() }
    // simdjson reads whole numbers of 64 bits, and no larger ones.
    if !word.contains(where: { ".eE".contains($0) }), Int64(word) == nil, UInt64(word) == nil { throw Invalid() }
    return number
  }

  private mutating func literal() throws -> JSONTree {
    for (word, tree) in [("true", JSONTree.boolean(true)), ("false", .boolean(false)), ("null", .null)] {
      if text[place...].starts(with: word.unicodeScalars) {
        place += word.count
        return tree
      }
    }
    throw Invalid()
  }
}
