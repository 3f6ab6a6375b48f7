internal import CSimdJSON

/// A JSON value with all that it holds, copied out of its document: for small texts that tell about others.
indirect enum JSONTree {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONTree])
  case object([Member])

  struct Member {
    let key: String
    let value: JSONTree
  }

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

extension JSONReader {
  /// Reads a whole text that is one value.
  ///
  /// - Throws: what is wrong, and where.
  /// - Complexity: O(bytes)
  mutating func tree(_ text: UnsafeBufferPointer<UInt8>) throws(SampleError) -> JSONTree {
    // Its elements are of no use where one object is wanted.
    if try begin(text) == .batch { return .array([]) }
    guard let value = try next() else { return .null }
    var place = 0
    let tree = JSONTree(value, &place)
    guard try next() == nil else {
      throw SampleError(.brokenJSON, "another value follows the first; there should be one object")
    }
    return tree
  }
}

extension JSONTree {
  // The reader bounds how deep this recursion goes: limits.nesting_depth.
  fileprivate init(_ value: JSONReader.Value, _ place: inout Int) {
    let item = value[place]
    let end = value.next(after: place)
    place += 1
    switch item.kind {
    case JSON_BOOLEAN: self = .boolean(item.number != 0)
    case JSON_NUMBER: self = .number(item.number)
    case JSON_STRING: self = .string(String(decoding: item.string, as: UTF8.self))
    case JSON_ARRAY:
      var elements: [JSONTree] = []
      // The last item of a container closes it.
      while place < end - 1 { elements.append(JSONTree(value, &place)) }
      self = .array(elements)
    case JSON_OBJECT:
      var members: [Member] = []
      while place < end - 1 {
        let key = String(decoding: value[place].key, as: UTF8.self)
        members.append(Member(key: key, value: JSONTree(value, &place)))
      }
      self = .object(members)
    default: self = .null
    }
    place = end
  }
}
