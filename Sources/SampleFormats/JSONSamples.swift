internal import CSimdJSON
internal import OnlineLearning

/// JSON samples: `{"y": 3.2, "x": {"sleep": 7.5}, "weight": 2}`, or an array of such objects.
extension SampleDecoder {
  func decodeJSON(
    _ payload: Span<UInt8>, _ purpose: Purpose, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    let root = try json.parse(payload)
    switch root.kind {
    case JSON_OBJECT: try decodeRecord(root, purpose, &batch, &dictionary)
    case JSON_ARRAY:
      var elements = root.elements
      var number = 0
      while let element = elements.next() {
        number += 1
        do throws(SampleError) {
          guard element.kind == JSON_OBJECT else {
            throw SampleError(
              .shape, "a sample must be an object such as {\"y\": 1, \"x\": {}}, not \(element.kindName)")
          }
          try decodeRecord(element, purpose, &batch, &dictionary)
        } catch {
          throw error.inSample(number)
        }
      }
    default:
      throw SampleError(
        .shape, "a JSON message must be an object or an array of objects, not \(root.kindName)")
    }
  }

  private func decodeRecord(
    _ value: JSONDocument.Value, _ purpose: Purpose, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    var target: Double?
    var importance = 1.0
    var features: JSONDocument.Value?
    var seen = FieldSet()
    var members = value.members
    while let member = members.next() {
      let field = try member.withKey { (key) throws(SampleError) in try Field(key, purpose) }
      guard seen.insert(field) else {
        throw SampleError(.duplicateField, "field \"\(field.rawValue)\" stands twice; give it once")
      }
      switch field {
      case .y: target = try number(member.value, .y, .target)
      case .weight: importance = try number(member.value, .weight, .importance) ?? 1
      case .x: features = member.value
      case .id, .source, .seq, .op: try checkScalar(member.value, field)
      }
    }
    guard let features else {
      throw SampleError(.shape, "the sample has no \"x\"; give its features as an object or an array")
    }
    row.begin(
      addsNames: purpose.addsNames(target: target, importance: importance), refusesRepetition: true)
    switch features.kind {
    case JSON_OBJECT: try decodeNamed(features, &batch, &dictionary)
    case JSON_ARRAY: try decodePositional(features, &batch, &dictionary)
    default:
      throw SampleError(
        .shape, "\"x\" must be an object by name or an array by position, not \(features.kindName)")
    }
    try row.end(target: target, importance: importance, purpose, &batch, &dictionary)
  }

  private func decodeNamed(
    _ features: JSONDocument.Value, _ batch: inout SampleBatch, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    var members = features.members
    while let member = members.next() {
      try member.withKey { (name) throws(SampleError) in
        try add(name, member.value, &batch, &dictionary)
      }
    }
  }

  /// Features by position are named by it: "0", "1", "2", …
  private func decodePositional(
    _ features: JSONDocument.Value, _ batch: inout SampleBatch, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    var elements = features.elements
    var position = 0
    while let element = elements.next() {
      let name = Array(String(position).utf8)
      try add(name.span, element, &batch, &dictionary)
      position += 1
    }
  }

  private func add(
    _ name: Span<UInt8>, _ value: JSONDocument.Value, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    switch value.kind {
    case JSON_NUMBER: try row.add(name, value: value.number)
    case JSON_BOOLEAN:
      try row.add(name, value: value.boolean ? 1 : 0)
    case JSON_STRING:
      if name.isEmpty { throw SampleError(.featureName, "a feature has an empty name; give it one") }
      try value.withString { (text) throws(SampleError) in
        try row.add(name, UInt8(ascii: "="), text, value: 1)
      }
    case JSON_NULL: break
    default:
      throw SampleError(
        .shape,
        "the value of feature \(quoted(name)) must be a number, a boolean, a string or null, not \(value.kindName)"
      )
    }
  }

  private func number(
    _ value: JSONDocument.Value, _ field: Field, _ reason: SampleError.Reason
  ) throws(SampleError) -> Double? {
    switch value.kind {
    case JSON_NUMBER: return value.number
    case JSON_BOOLEAN where field == .y: return value.boolean ? 1 : 0
    case JSON_NULL: return nil
    default:
      throw SampleError(reason, "\"\(field.rawValue)\" must be a number, not \(value.kindName)")
    }
  }

  private func checkScalar(_ value: JSONDocument.Value, _ field: Field) throws(SampleError) {
    switch value.kind {
    case JSON_OBJECT, JSON_ARRAY:
      throw SampleError(.shape, "\"\(field.rawValue)\" must be a string or a number, not \(value.kindName)")
    default: break
    }
  }
}

/// What an object of a JSON message may hold.
private enum Field: String, CaseIterable {
  case y, x, weight, id, source, seq
  /// Only in a question to the daemon, whose sample stands in the question itself.
  case op

  init(_ key: Span<UInt8>, _ purpose: SampleDecoder.Purpose) throws(SampleError) {
    for field in Field.allCases where field.matches(key) && (field != .op || purpose == .predict) {
      self = field
      return
    }
    throw SampleError(
      .unknownField,
      "a sample has no field \(quoted(key)); known fields: y, x, weight, id, source, seq (features go into \"x\")"
    )
  }

  private func matches(_ key: Span<UInt8>) -> Bool {
    var name = rawValue.utf8.makeIterator()
    for position in key.indices where name.next() != key[position] { return false }
    return name.next() == nil
  }
}

private struct FieldSet {
  private var bits: UInt8 = 0

  /// Whether the field was not in the set before.
  mutating func insert(_ field: Field) -> Bool {
    let bit: UInt8 =
      switch field {
      case .y: 1
      case .x: 2
      case .weight: 4
      case .id: 8
      case .source: 16
      case .seq: 32
      case .op: 64
      }
    defer { bits |= bit }
    return bits & bit == 0
  }
}
