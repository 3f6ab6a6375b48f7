internal import CSimdJSON
internal import OnlineLearning

/// Vowpal Wabbit text, a sample a line:
///
///     [label [importance]] ['tag]|[namespace[:scale]] name[:value] … |…
///
/// As in Vowpal Wabbit: a word that touches the first bar is a tag; a feature without a value has 1; a namespace's
/// scale multiplies its values; a feature of namespace `ns` is named `ns^name`; a feature that stands twice counts
/// with the sum; blank lines are passed over.
extension SampleDecoder {
  func decodeText(
    _ payload: Span<UInt8>, _ purpose: Purpose, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    guard payload.withUnsafeBufferPointer({ json_is_utf8($0.baseAddress, $0.count) }) else {
      try explainUTF8(payload)
      throw SampleError(.notUTF8, "the payload is not UTF-8 text")
    }
    if payload.count >= 3, payload[0] == 0xEF, payload[1] == 0xBB, payload[2] == 0xBF {
      // Invisible, so that any other error about it would puzzle the reader.
      throw SampleError(.brokenText, "the payload begins with a byte order mark, EF BB BF; leave it out", at: 0)
    }
    var number = 0
    var rest = 0..<payload.count
    while !rest.isEmpty {
      number += 1
      let end = first(UInt8(ascii: "\n"), in: payload, rest) ?? rest.upperBound
      let start = rest.lowerBound
      let line = payload.extracting(start..<end)
      rest = min(end + 1, rest.upperBound)..<rest.upperBound
      do throws(SampleError) {
        try decodeLine(line, purpose, &batch, &dictionary)
      } catch {
        throw error.inLine(number, at: start)
      }
    }
  }

  private func decodeLine(
    _ line: Span<UInt8>, _ purpose: Purpose, _ batch: inout SampleBatch, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    guard let bar = first(UInt8(ascii: "|"), in: line, 0..<line.count) else {
      var words = Words(0..<line.count)
      if words.next(in: line) == nil { return }
      throw SampleError(.brokenText, "there is no | between label and features, as in \"1 | sleep:7.5\"")
    }
    let label = try decodeLabel(line.extracting(0..<bar))
    row.begin(
      addsNames: adds(target: label.target, importance: label.importance, purpose), refusesRepetition: false)
    var start = bar + 1
    while start <= line.count {
      let end = first(UInt8(ascii: "|"), in: line, start..<line.count) ?? line.count
      try decodeNamespace(line.extracting(start..<end), &batch, &dictionary)
      start = end + 1
    }
    try endRow(target: label.target, importance: label.importance, purpose, &batch)
  }

  /// What stands before the first bar.
  private func decodeLabel(
    _ text: Span<UInt8>
  ) throws(SampleError) -> (target: Double?, importance: Double) {
    var target: Double?
    var importance: Double?
    var words = Words(0..<text.count)
    while let word = words.next(in: text) {
      let isTag = text[word.lowerBound] == UInt8(ascii: "'") || word.upperBound == text.count
      if isTag {
        if let extra = words.next(in: text) {
          throw SampleError(
            .brokenText,
            "\(quoted(text.extracting(extra))) follows the tag; the tag must stand last before the |")
        }
        break
      }
      let number = try number(text.extracting(word), "label and importance must be numbers", .brokenText)
      if target == nil {
        target = number
      } else if importance == nil {
        importance = number
      } else {
        throw SampleError(
          .brokenText,
          "\(quoted(text.extracting(word))) would be an initial prediction, which whittle does not take; leave it out"
        )
      }
    }
    return (target, importance ?? 1)
  }

  /// What stands between two bars.
  private func decodeNamespace(
    _ text: Span<UInt8>, _ batch: inout SampleBatch, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    var words = Words(0..<text.count)
    var namespace = 0..<0
    var scale = 1.0
    if !text.isEmpty, !Words.isBlank(text[0]), let word = words.next(in: text) {
      namespace = word
      if let colon = first(UInt8(ascii: ":"), in: text, word) {
        namespace = word.lowerBound..<colon
        scale = try number(
          text.extracting(colon + 1..<word.upperBound),
          "the scale of namespace \(quoted(text.extracting(namespace))) must be a number", .featureValue)
        if namespace.isEmpty {
          throw SampleError(
            .featureName, "a namespace has an empty name; put a space after the | for features without one")
        }
      }
    }
    while let word = words.next(in: text) {
      var name = word
      var value = 1.0
      if let colon = first(UInt8(ascii: ":"), in: text, word) {
        name = word.lowerBound..<colon
        value = try number(
          text.extracting(colon + 1..<word.upperBound),
          "the value of feature \(quoted(text.extracting(name))) must be a number", .featureValue)
      }
      if name.isEmpty { throw SampleError(.featureName, "a feature has an empty name; give it one") }
      if namespace.isEmpty {
        try row.add(text.extracting(name), value: value * scale, limits: limits, &batch, &dictionary)
      } else {
        try row.add(
          text.extracting(namespace), UInt8(ascii: "^"), text.extracting(name), value: value * scale,
          limits: limits, &batch, &dictionary)
      }
    }
  }

  private func number(
    _ text: Span<UInt8>, _ expectation: @autoclosure () -> String, _ reason: SampleError.Reason
  ) throws(SampleError) -> Double {
    var number = 0.0
    guard text.withUnsafeBufferPointer({ text_number($0.baseAddress, $0.count, &number) }), number.isFinite
    else {
      throw SampleError(reason, "\(expectation()), finite and decimal, not \(quoted(text))")
    }
    return number
  }

  private func first(_ byte: UInt8, in text: Span<UInt8>, _ range: Range<Int>) -> Int? {
    for position in range where text[position] == byte { return position }
    return nil
  }
}

/// The words of a text, one after the other: what stands between blanks.
private struct Words {
  private var rest: Range<Int>

  init(_ range: Range<Int>) {
    rest = range
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  mutating func next(in text: Span<UInt8>) -> Range<Int>? {
    var start = rest.lowerBound
    while start < rest.upperBound, Words.isBlank(text[start]) { start += 1 }
    if start == rest.upperBound { return nil }
    var end = start
    while end < rest.upperBound, !Words.isBlank(text[end]) { end += 1 }
    rest = end..<rest.upperBound
    return start..<end
  }
}
