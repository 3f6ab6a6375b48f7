internal import OnlineLearning

/// Vowpal Wabbit text, a sample a line:
///
///     [label [importance]] ['tag]|[namespace[:scale]] name[:value] … |…
///
/// As in Vowpal Wabbit: a feature without a value has 1, one without a name its place among those in its namespace; a
/// namespace's scale multiplies its values; a feature of namespace `ns` is named `ns^name`; a feature that stands twice
/// counts with the sum; blank lines are passed over. A tag is the sample's id, where those wait for their targets.
enum VWText {
  static let bar = UInt8(ascii: "|")
  private static let separator = UInt8(ascii: "^")

  /// Decodes a line into a row of the batch.
  static func decode(
    _ line: borrowing TextLine, _ purpose: SampleDecoder.Purpose, _ row: inout RowBuilder,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    var place = line.place(of: bar, in: 0..<line.count)
    if place == line.count {
      if line.word(in: 0..<line.count).isEmpty { return }
      throw SampleError(.brokenText, "there is no | between label and features, as in \"1 | sleep:7.5\"")
    }
    let label = try VWLabel(line, before: place)
    row.begin(
      target: label.target, importance: label.importance, isIdentified: !label.tag.isEmpty, purpose,
      refusesRepetition: false)
    while place < line.count {
      let end = line.place(of: bar, in: place + 1..<line.count)
      try decodeNamespace(line, place + 1..<end, &row)
      place = end
    }
    try line.withSpan(label.tag) { (tag) throws(SampleError) in
      do throws(SampleError) {
        // A target that comes late comes without features.
        try row.end(id: tag, at: label.tag.lowerBound, isTargetOnly: row.isEmpty, &batch, &dictionary)
      } catch {
        throw label.locating(error)
      }
    }
  }

  /// What stands between two bars.
  private static func decodeNamespace(
    _ line: borrowing TextLine, _ range: Range<Int>, _ row: inout RowBuilder
  ) throws(SampleError) {
    let head = line.isBlank(range.lowerBound) ? range.lowerBound..<range.lowerBound : line.word(in: range)
    let (namespace, scaleText) = line.split(head)
    var scale = 1.0
    if let scaleText {
      scale = try number(line, scaleText) { "the scale of namespace \(line.quoted(namespace))" }
      if namespace.isEmpty {
        throw SampleError(
          .featureName, "a namespace has an empty name; put a space after the | for features without one",
          at: head.lowerBound)
      }
    }
    let prefix = prefix(line, namespace)
    var nameless = 0
    var place = head.upperBound
    while place < range.upperBound {
      if let prefix { row.addFeatures(of: line, from: &place, to: range.upperBound, prefix, scale: scale) }
      let word = line.word(in: place..<range.upperBound)
      place = word.upperBound
      if word.isEmpty { continue }
      let (name, valueText) = line.split(word)
      var value = scale
      if let valueText { value *= try number(line, valueText) { "the value of feature \(line.quoted(name))" } }
      do throws(SampleError) {
        if name.isEmpty {
          try FeatureName(decimal: nameless).withBytes(among: Span()) { (name) throws(SampleError) in
            try add(line, namespace, name, value: value, &row)
          }
          nameless += 1
        } else {
          try line.withSpan(name) { (name) throws(SampleError) in
            try add(line, namespace, name, value: value, &row)
          }
        }
      } catch {
        throw error.at(error.reason == .featureValue ? (valueText ?? word).lowerBound : word.lowerBound)
      }
    }
  }

  private static func add(
    _ line: borrowing TextLine, _ namespace: Range<Int>, _ name: Span<UInt8>, value: Double, _ row: inout RowBuilder
  ) throws(SampleError) {
    if namespace.isEmpty { return try row.add(name, value: value) }
    try line.withSpan(namespace) { (namespace) throws(SampleError) in
      try row.add(namespace, separator, name, value: value)
    }
  }

  /// What the names of a namespace's features begin with; nil where that leaves no room for the rest of a short name.
  private static func prefix(_ line: borrowing TextLine, _ namespace: Range<Int>) -> FeatureName? {
    if namespace.isEmpty { return .empty }
    guard namespace.count < FeatureName.wholeBytes - 1 else { return nil }
    let separator = FeatureName(low: UInt64(separator), high: 1 << 56)
    return separator.prefixed(by: line.withSpan(namespace) { FeatureName(whole: $0) })
  }

  private static func number(
    _ line: borrowing TextLine, _ range: Range<Int>, _ what: () -> String
  ) throws(SampleError) -> Double {
    guard let number = line.number(range) else {
      throw SampleError(
        .featureValue, "\(what()) must be a number, finite and decimal, not \(line.quoted(range))",
        at: range.lowerBound)
    }
    return number
  }
}
