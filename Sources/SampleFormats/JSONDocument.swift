internal import CSimdJSON

/// A JSON text parsed by simdjson, walked in place.
///
/// Values and strings are valid until the next `parse`; this type is internal to the decoders, which keep none.
final class JSONDocument {
  /// Any value of the document.
  struct Value {
    fileprivate let place: json_value

    var kind: json_kind { json_kind_of(place) }
    var number: Double { json_number(place) }
    var boolean: Bool { json_boolean(place) }

    /// The elements of an array; none for any other kind.
    var elements: Elements { Elements(cursor: json_children(place)) }
    /// The members of an object; none for any other kind.
    var members: Members { Members(cursor: json_children(place)) }

    /// Lends the UTF-8 of a string; nothing for any other kind.
    func withString<Result, Failure: Error>(
      _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      var count = 0
      let start = json_string(place, &count)
      // simdjson's string buffer lives until the next parse, longer than this call.
      return try body(Span(_unsafeElements: UnsafeBufferPointer(start: start, count: count)))
    }

    /// The kind in words, for error texts.
    var kindName: String {
      switch kind {
      case JSON_NULL: "null"
      case JSON_BOOLEAN: "a boolean"
      case JSON_NUMBER: "a number"
      case JSON_STRING: "a string"
      case JSON_ARRAY: "an array"
      default: "an object"
      }
    }
  }

  struct Elements {
    fileprivate var cursor: json_cursor

    mutating func next() -> Value? {
      var place = json_value()
      return json_next_element(&cursor, &place) ? Value(place: place) : nil
    }
  }

  struct Members {
    fileprivate var cursor: json_cursor

    mutating func next() -> Member? {
      var key: UnsafePointer<UInt8>?
      var count = 0
      var place = json_value()
      guard json_next_member(&cursor, &key, &count, &place) else { return nil }
      return Member(keyBytes: UnsafeBufferPointer(start: key, count: count), value: Value(place: place))
    }
  }

  struct Member {
    fileprivate let keyBytes: UnsafeBufferPointer<UInt8>
    let value: Value

    /// Lends the UTF-8 of the key.
    func withKey<Result, Failure: Error>(
      _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      // As for strings: the bytes live until the next parse.
      try body(Span(_unsafeElements: keyBytes))
    }
  }

  private let parser: OpaquePointer
  private let maximumDepth: Int

  /// - Returns: nil when memory is short.
  init?(maximumBytes: Int, maximumDepth: Int) {
    guard let parser = json_parser_create(maximumBytes, maximumDepth) else { return nil }
    self.parser = parser
    self.maximumDepth = maximumDepth
  }

  deinit {
    json_parser_destroy(parser)
  }

  /// The root of the document.
  ///
  /// - Throws: what is wrong: grammar, UTF-8, a number out of range, nesting too deep.
  func parse(_ text: Span<UInt8>) throws(SampleError) -> Value {
    var root = json_value()
    let code = text.withUnsafeBufferPointer { json_parse(parser, $0.baseAddress, $0.count, &root) }
    guard code == 0 else {
      if !text.withUnsafeBufferPointer({ json_is_utf8($0.baseAddress, $0.count) }) { try explainUTF8(text) }
      try JSONDiagnosis.explain(text, maximumDepth: maximumDepth)
      let message = json_error_message(code).map { String(cString: $0) } ?? "unknown error \(code)"
      throw SampleError(.brokenJSON, "simdjson refuses the payload: \(message)")
    }
    return Value(place: root)
  }
}
