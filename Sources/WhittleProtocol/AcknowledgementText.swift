/// Words acknowledgements by themselves: they go out as often as messages come in, and JSON's general encoder takes longer for one
/// than its message takes to be learned.
extension Acknowledgement {
  /// The JSON of `IngestReply.success` with this; nil where a prediction is not finite, which JSON has no words for.
  ///
  /// - Complexity: O(predictions)
  public var replyText: [UInt8]? {
    var text: [UInt8] = []
    text.reserveCapacity(96 + 24 * (predictions?.count ?? 0))
    func append(_ key: StaticString, _ number: some FixedWidthInteger) {
      append(key)
      text.append(contentsOf: number.description.utf8)
    }
    func append(_ words: StaticString) {
      words.withUTF8Buffer { text.append(contentsOf: $0) }
    }
    append(#"{"ok":true,"samples":"#, samples)
    if let unlearned { append(#","unlearned":"#, unlearned) }
    if let duplicates { append(#","duplicates":"#, duplicates) }
    append(#","step":"#, step)
    if let predictions {
      append(#","predictions":["#)
      for (place, prediction) in predictions.enumerated() {
        if place > 0 { append(",") }
        guard let prediction else {
          append("null")
          continue
        }
        if !prediction.isFinite { return nil }
        text.append(contentsOf: prediction.description.utf8)
      }
      append("]")
    }
    if let last { append(#","last":"#, last) }
    append("}")
    return text
  }
}
