internal import OnlineLearning

/// The frame in front of a payload that numbers the message among those of its source:
///
///     {"source": "pump-3", "seq": 17}
///
/// For formats that have no fields for it. The header of arrays has them itself.
enum MessageEnvelope {
  /// JSON's numbers are exact as Float64s up to here.
  static let largestNumber = 9_007_199_254_740_991.0

  /// The label in an envelope; nil for an object that is none.
  ///
  /// - Throws: what is wrong with a source or a number.
  static func label(_ tree: JSONTree) throws(SampleError) -> SampleLabels.MessageLabel? {
    guard case .object(let members) = tree, !members.isEmpty,
      members.allSatisfy({ $0.key == "source" || $0.key == "seq" })
    else { return nil }
    guard Set(members.map(\.key)).count == members.count else {
      throw SampleError(.duplicateField, "a field of the envelope stands twice; give it once")
    }
    return try label(members)
  }

  /// The label among other fields; nil where there is no number.
  static func label(_ members: [(key: String, value: JSONTree)]) throws(SampleError) -> SampleLabels.MessageLabel? {
    var label = SampleLabels.MessageLabel(source: [], seq: 0)
    var isNumbered = false
    for (key, value) in members {
      switch (key, value) {
      case ("source", .null), ("seq", .null): break
      case ("source", .string(let source)) where !source.isEmpty: label.source = Array(source.utf8)
      case ("seq", .number(let seq)) where seq >= 0 && seq <= largestNumber && seq == seq.rounded():
        label.seq = UInt64(seq)
        isNumbered = true
      case ("source", _):
        throw SampleError(.shape, "\"source\" must be a text that is not empty, not \(value.kindName)")
      case ("seq", _):
        throw SampleError(
          .shape, "\"seq\" of a message must be a whole number from 0 to 9007199254740991, not \(value.kindName)")
      default: break
      }
    }
    return isNumbered ? label : nil
  }
}
