internal import CProcessor
internal import CSimdJSON
internal import Glibc
internal import OnlineLearning

/// Cuts a text into lines, each of which can be read from beyond its end.
struct TextLines: ~Copyable {
  /// A line that stands too close to the end of its text, with a margin.
  private var padded = Scratch<UInt8>()

  /// Whether the first line that is neither blank nor a comment has a bar before any comment.
  static func haveBar(_ text: Span<UInt8>) -> Bool {
    text.withUnsafeBufferPointer { text in
      var start = 0
      while start < text.count {
        let end = place(of: UInt8(ascii: "\n"), in: text, start..<text.count)
        let comment = place(of: UInt8(ascii: "#"), in: text, start..<end)
        if !text[start..<comment].allSatisfy(SampleDecoder.isBlank) {
          return place(of: UInt8(ascii: "|"), in: text, start..<comment) < comment
        }
        start = end + 1
      }
      return false
    }
  }

  /// Where a byte stands first in the range, or the range's end.
  fileprivate static func place(of byte: UInt8, in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int {
    let part = UnsafeBufferPointer(rebasing: text[range])
    guard let first = part.baseAddress, let found = memchr(first, Int32(byte), part.count) else {
      return range.upperBound
    }
    return range.lowerBound + (UnsafeRawPointer(found) - UnsafeRawPointer(first))
  }

  /// How many bytes are checked at a time: few enough to be in the first cache still when they are read.
  private static let piece = 8192

  /// How many bytes of memory come at once.
  private static let cacheLine = 64

  /// Calls `body` with each line, once it is known to be UTF-8.
  ///
  /// - Throws: `.notUTF8` at the first lines that are not; what `body` throws, with the number of the line, counted from 1. Its position, one in the line, becomes one in
  ///   the text; without any, it is the line's.
  mutating func forEachLine(
    of text: Span<UInt8>, _ body: (borrowing TextLine) throws(SampleError) -> Void
  ) throws(SampleError) {
    try text.withUnsafeBufferPointer { (text) throws(SampleError) in
      guard let first = text.baseAddress else { return }
      var (start, number, checked) = (0, 0, 0)
      while start < text.count {
        number += 1
        if start == checked {
          // No character goes beyond a line's end.
          checked = min(start + TextLines.piece, text.count)
          checked = min(TextLines.place(of: UInt8(ascii: "\n"), in: text, checked..<text.count) + 1, text.count)
          guard json_is_utf8(first + start, checked - start) else {
            throw SampleError(.notUTF8, "the payload is not UTF-8 text")
          }
        }
        let (line, left) = (first + start, text.count - start)
        let count = TextLines.place(of: UInt8(ascii: "\n"), in: text, start..<text.count) - start
        // As much of what comes after two more pieces as this line has.
        for place in stride(from: 0, through: count, by: TextLines.cacheLine) {
          prefetch(UnsafeRawPointer(bitPattern: UInt(bitPattern: line) &+ UInt(TextLines.piece * 2 + place)))
        }
        start += count + 1
        do throws(SampleError) {
          if count + TextLine.margin <= left {
            try body(TextLine(bytes: line, count: count))
          } else {
            padded.removeAll()
            padded.append(upTo: count + TextLine.margin) { memory in
              memory.initialize(from: line, count: count)
              (memory + count).initialize(repeating: UInt8(ascii: "\n"), count: TextLine.margin)
              return count + TextLine.margin
            }
            try body(TextLine(bytes: padded.start, count: count))
          }
        } catch {
          throw error.inLine(number, startingAt: UnsafeRawPointer(line) - UnsafeRawPointer(first))
        }
      }
    }
  }
}

/// One line of a text, valid while it is lent. Places in it are checked in debug builds only: they go from 0 to its end, where
/// there is a byte, too, as there are `margin` from there on.
struct TextLine: ~Copyable {
  /// How many bytes can be read from the line's end on.
  fileprivate static let margin = TextFeatures.margin

  fileprivate let bytes: UnsafePointer<UInt8>
  /// How many bytes the line has, without the line feed.
  let count: Int

  /// The byte at a place. At the line's end there is no telling which.
  func byte(_ place: Int) -> UInt8 {
    assert(0 <= place && place <= count)
    return bytes[place]
  }

  /// Whether a space, a tab or a carriage return stands there.
  func isBlank(_ place: Int) -> Bool {
    guard place < count else { return false }
    let byte = byte(place)
    return byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  /// Whether a decimal digit stands there.
  func isDigit(_ place: Int) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte(place) }

  /// Where a byte stands first in the range, or the range's end.
  func place(of byte: UInt8, in range: Range<Int>) -> Int {
    TextLines.place(of: byte, in: UnsafeBufferPointer(start: bytes, count: count), range)
  }

  /// The first word in the range: what stands between blanks. Empty, at the range's end, where there is none.
  func word(in range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    while start < range.upperBound, isBlank(start) { start += 1 }
    var end = start
    while end < range.upperBound, !isBlank(end) { end += 1 }
    return start..<end
  }

  /// The two sides of a word's first colon; the second is nil where there is none.
  func split(_ word: Range<Int>) -> (name: Range<Int>, value: Range<Int>?) {
    let colon = place(of: UInt8(ascii: ":"), in: word)
    return (word.lowerBound..<colon, colon == word.upperBound ? nil : colon + 1..<word.upperBound)
  }

  /// The decimal number that stands there; nil where there is none that is finite.
  func number(_ range: Range<Int>) -> Double? {
    precondition(range.upperBound <= count)
    if let short = ShortDecimal(UnsafeRawPointer(bytes + range.lowerBound), range.count, .shared) { return short.value }
    var number = 0.0
    return text_number(bytes + range.lowerBound, range.count, &number) && number.isFinite ? number : nil
  }

  func withSpan<Result, Failure: Error>(
    _ range: Range<Int>, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(range.upperBound <= count)
    // Lent no longer than the line is.
    return try body(Span(_unsafeStart: bytes + range.lowerBound, count: range.count))
  }

  /// What stands there, for an error text.
  func quoted(_ range: Range<Int>) -> String {
    withSpan(range) { SampleFormats.quoted($0) }
  }

  /// Reads features as they mostly are, up to the first that is anything else.
  ///
  /// - Parameters: as for `TextFeatures.read`.
  /// - Returns: how many it has read.
  func readFeatures(
    from place: inout Int, to stop: Int, _ style: TextFeatures, _ output: TextFeatures.Output
  ) -> Int {
    precondition(0 <= place && stop <= count)
    return style.read(UnsafeRawPointer(bytes), from: &place, to: stop, output)
  }
}
