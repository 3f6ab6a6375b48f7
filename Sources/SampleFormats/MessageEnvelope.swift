internal import OnlineLearning

/// The frame in front of a payload that numbers the message among those of its source:
///
///     {"source": "pump-3", "seq": 17, "previous": 16}
///
/// With `previous` it is only to be learned after that message of its source. For formats that have no fields for it. The header of arrays has them itself.
enum MessageEnvelope {
  /// JSON's numbers are exact as Float64s up to here.
  static let largestNumber = 9_007_199_254_740_991.0

  /// Whether this is an envelope: an object of nothing else.
  ///
  /// - Throws: a field that stands twice.
  static func isOne(_ tree: JSONTree) throws(SampleError) -> Bool {
    guard case .object(let members) = tree, !members.isEmpty,
      members.allSatisfy({ $0.key == "source" || $0.key == "seq" || $0.key == "previous" })
    else { return false }
    guard Set(members.map(\.key)).count == members.count else {
      throw SampleError(.duplicateField, "a field of the envelope stands twice; give it once")
    }
    return true
  }

  /// Who sent the message, as an object's fields say, right or wrong as they may be otherwise.
  static func source(_ tree: JSONTree) -> String? {
    guard case .object(let members) = tree else { return nil }
    for member in members where member.key == "source" {
      if case .string(let source) = member.value { return source }
    }
    return nil
  }

  /// The label among an object's fields; nil where there is no number.
  ///
  /// - Throws: what is wrong with a source or a number.
  static func label(_ tree: JSONTree) throws(SampleError) -> SampleLabels.MessageLabel? {
    guard case .object(let members) = tree else { return nil }
    var label = SampleLabels.MessageLabel(source: [], seq: 0)
    var isNumbered = false
    for member in members {
      if case .null = member.value { continue }
      if member.key == "source" {
        guard case .string(let source) = member.value, !source.isEmpty else {
          throw SampleError(.shape, "\"source\" must be a text that is not empty, not \(member.value.kindName)")
        }
        label.source = Array(source.utf8)
      } else if member.key == "seq" {
        label.seq = try number(member.key, member.value)
        isNumbered = true
      } else if member.key == "previous" {
        label.previous = try number(member.key, member.value)
      }
    }
    if let previous = label.previous, !isNumbered || previous >= label.seq {
      throw SampleError(
        .shape,
        isNumbered
          ? "\"previous\" of a message must be below its \"seq\", \(label.seq), not \(previous)"
          : "\"previous\" stands without \"seq\"; give both, or neither")
    }
    return isNumbered ? label : nil
  }

  private static func number(_ key: String, _ value: JSONTree) throws(SampleError) -> UInt64 {
    guard case .number(let number) = value, number >= 0, number <= largestNumber, number == number.rounded() else {
      throw SampleError(
        .shape, "\"\(key)\" of a message must be a whole number from 0 to 9007199254740991, not \(value.kindName)")
    }
    return UInt64(number)
  }
}
