/// Finds the first mistake in a text that simdjson refused, so that the error says what is wrong, where, and what
/// would be right.
///
/// simdjson decides what valid JSON is and gives no place; this reads a refused text once more, byte by byte, and
/// only explains.
struct JSONDiagnosis {
  let text: [UInt8]
  private let maximumDepth: Int
  var place = 0
  /// Where the value began that no other holds.
  private var start = 0
  private let isBatch: Bool
  /// The element of the batch at hand, counted from 1.
  private var sample = 0

  /// - Throws: the first mistake. Throws nothing where it finds none.
  /// - Complexity: O(bytes)
  static func explain(_ text: UnsafeBufferPointer<UInt8>, maximumDepth: Int) throws(SampleError) {
    var diagnosis = JSONDiagnosis(text: Array(text), maximumDepth: maximumDepth)
    do throws(SampleError) {
      try diagnosis.readDocument()
    } catch {
      if !diagnosis.isBatch { throw error.inLine(of: diagnosis.start, text) }
      throw diagnosis.sample > 0 ? error.inSample(diagnosis.sample) : error
    }
  }

  private init(text: [UInt8], maximumDepth: Int) {
    self.text = text
    self.maximumDepth = maximumDepth
    isBatch = text.first { !SampleDecoder.isBlank($0) } == UInt8(ascii: "[")
  }

  private mutating func readDocument() throws(SampleError) {
    skipBlanks()
    repeat {
      start = place
      try readValue()
      let end = place
      skipBlanks()
      if byte != nil, isBatch || !text[end..<place].contains(UInt8(ascii: "\n")) {
        throw mistake(
          "\(found) follows the end of the JSON; several samples in one message go into an array, or on a line each")
      }
      try checkHolds(text[start])
    } while byte != nil
  }

  /// Checks that the value that began with `byte` may be a message.
  private func checkHolds(_ byte: UInt8) throws(SampleError) {
    let kind =
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["): String?.none
      case UInt8(ascii: "\""): "a string"
      case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
      case UInt8(ascii: "n"): "null"
      default: "a number"
      }
    guard let kind else { return }
    throw SampleError(.shape, "a JSON message must be an object or an array of objects, not \(kind)", at: start)
  }

  /// Reads a value that no other holds, and all that it holds.
  private mutating func readValue() throws(SampleError) {
    // The closing brackets that are still to come, the innermost last: a loop, since recursion would let the
    // sender choose how deep our stack gets.
    var closers: [UInt8] = []
    while true {
      if try readValueOrOpen(&closers) { continue }
      // A value has ended: close all that ends with it.
      while true {
        guard let closer = closers.last else { return }
        skipBlanks()
        guard let next = byte else { throw unclosed(closer) }
        if next == closer {
          place += 1
          closers.removeLast()
          continue
        }
        guard next == UInt8(ascii: ",") else {
          throw mistake("\(found) stands where a comma or \(shown(closer)) should")
        }
        place += 1
        skipBlanks()
        if byte == closer { throw mistake("a comma stands before \(shown(closer)); leave it out") }
        if closer == UInt8(ascii: "}") { try readKey() }
        break
      }
    }
  }

  /// Reads a value, or the opening of one that holds others.
  ///
  /// - Returns: whether a value must follow, the first of what was opened.
  private mutating func readValueOrOpen(_ closers: inout [UInt8]) throws(SampleError) -> Bool {
    skipBlanks()
    if isBatch, closers.count == 1 { sample += 1 }
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let closer = byte == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")
      place += 1
      skipBlanks()
      if byte == closer {
        place += 1
        return false
      }
      closers.append(closer)
      if closers.count > maximumDepth {
        throw SampleError(
          .limit, "the JSON nests deeper than limits.nesting_depth, \(maximumDepth)", at: place - 1)
      }
      if byte == nil { throw unclosed(closer) }
      if closer == UInt8(ascii: "}") { try readKey() }
      return true
    case UInt8(ascii: "\""): try readString()
    case let first? where first == UInt8(ascii: "-") || isDigit(first): try readNumber()
    default: try readLiteral(orClosing: closers.last)
    }
    return false
  }

  private mutating func readKey() throws(SampleError) {
    guard byte == UInt8(ascii: "\"") else {
      guard let byte else { throw unclosed(UInt8(ascii: "}")) }
      try checkNoComment()
      if byte == UInt8(ascii: "'") { throw singleQuotes }
      throw mistake("\(found) stands where a key in double quotes should, as in {\"y\": 1}")
    }
    try readString()
    skipBlanks()
    guard byte == UInt8(ascii: ":") else {
      throw mistake("\(found) stands where the colon after a key should")
    }
    place += 1
  }

  mutating func skipBlanks() {
    while let byte, SampleDecoder.isBlank(byte) { place += 1 }
  }

  /// The byte at `place`, or nil at the end.
  var byte: UInt8? { place < text.count ? text[place] : nil }

  func unclosed(_ closer: UInt8) -> SampleError {
    mistake("the payload ends where \(shown(closer)) is still to come; is it cut off?")
  }
}
