internal import CSimdJSON

/// A JSON value with all that it holds, copied out of its document: for small texts that tell about others.
indirect enum JSONTree {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONTree])
  case object([(key: String, value: JSONTree)])

  /// The kind in words, for error texts.
  var kindName: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONDocument {
  /// Reads a whole text.
  ///
  /// - Throws: as `parse`.
  /// - Complexity: O(bytes)
  func tree(_ text: Span<UInt8>) throws(SampleError) -> JSONTree {
    JSONTree(try parse(text))
  }
}

extension JSONTree {
  // The parser bounds how deep this recursion goes: limits.nesting_depth.
  fileprivate init(_ value: JSONDocument.Value) {
    switch value.kind {
    case JSON_BOOLEAN: self = .boolean(value.boolean)
    case JSON_NUMBER: self = .number(value.number)
    case JSON_STRING: self = .string(JSONTree.text(value.withString { Array(copying: $0) }))
    case JSON_ARRAY:
      var elements: [JSONTree] = []
      var cursor = value.elements
      while let element = cursor.next() { elements.append(JSONTree(element)) }
      self = .array(elements)
    case JSON_OBJECT:
      var members: [(key: String, value: JSONTree)] = []
      var cursor = value.members
      while let member = cursor.next() {
        members.append((JSONTree.text(member.withKey { Array(copying: $0) }), JSONTree(member.value)))
      }
      self = .object(members)
    default: self = .null
    }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension [UInt8] {
  fileprivate init(copying bytes: Span<UInt8>) {
    self = bytes.withUnsafeBufferPointer { Array($0) }
  }
}
