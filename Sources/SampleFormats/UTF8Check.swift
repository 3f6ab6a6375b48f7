internal import CSimdJSON

/// Whether a text is UTF-8.
///
/// - Complexity: O(bytes)
func isUTF8(_ text: Span<UInt8>) -> Bool {
  text.withUnsafeBufferPointer { json_is_utf8($0.baseAddress, $0.count) }
}

/// Says where a text stops being UTF-8. For texts that the fast check has refused.
///
/// - Throws: the first mistake. Throws nothing where there is none.
/// - Complexity: O(bytes)
func explainUTF8(_ text: Span<UInt8>) throws(SampleError) {
  do throws(UTF8.ValidationError) {
    _ = try UTF8Span(validating: text)
  } catch {
    let what =
      switch error.kind {
      case .unexpectedContinuationByte: "a character's continuation without its beginning"
      case .surrogateCodePointByte: "half of a surrogate pair"
      case .invalidNonSurrogateCodePointByte: "a byte that never stands in UTF-8"
      case .overlongEncodingByte: "an overlong form"
      case .truncatedScalar: "a character that is cut off"
      default: "no character"
      }
    let place = error.byteOffsets.lowerBound
    throw SampleError(.notUTF8, "the payload is not UTF-8 text: byte \(place + 1) begins \(what)", at: place)
  }
}
