internal import CSimdJSON
public import OnlineLearning

/// A feature of a sample by its own name, as it was looked up.
public struct NamedFeature: Sendable, Equatable {
  public let name: String
  public let value: Float
  /// Nil where the model does not know it.
  public let feature: UInt32?
}

/// Samples that questions to the daemon hold: they are predicted or explained, and change nothing.
///
///     {"op": "predict", "x": {"sleep": 7.5}}
///     {"op": "predict", "samples": [{"sleep": 7.5}, {"sleep": 8}]}
extension SampleDecoder {
  /// Replaces what `batch` holds with the sample under `x`, or with those under `samples`. Other fields are not looked at.
  ///
  /// - Throws: on the first thing that is wrong; then the batch is empty.
  /// - Complexity: O(bytes)
  public func decodeQuestion(
    _ text: Span<UInt8>, into batch: inout SampleBatch, dictionary: inout FeatureSpace
  ) throws(SampleError) {
    batch.removeAll()
    do throws(SampleError) {
      _ = try text.withUnsafeBufferPointer { (bytes) throws(SampleError) in
        try records.decodeQuestion(bytes, &json, &row, &batch, &dictionary, onlyPlain: false)
      }
    } catch {
      batch.removeAll()
      throw error
    }
  }

  /// Replaces what `batch` holds with the sample of a question, where that is `{"op": "predict", "x": …}` and nothing else
  /// but `"protocol": 1`, and all is well with it.
  ///
  /// - Returns: whether that was so; then it need not be read in any other way.
  /// - Complexity: O(bytes)
  public func decodePlainQuestion(
    _ text: Span<UInt8>, into batch: inout SampleBatch, dictionary: inout FeatureSpace
  ) -> Bool {
    batch.removeAll()
    let isDecoded = try? text.withUnsafeBufferPointer { (bytes) throws(SampleError) in
      try records.decodeQuestion(bytes, &json, &row, &batch, &dictionary, onlyPlain: true)
    }
    return isDecoded ?? false
  }

  /// Replaces what `batch` holds with the sample under `x`.
  ///
  /// - Returns: its features by their own names, in the order of the sample, products of others after them. Names that share
  ///   an index stand apart here, and together in the batch.
  /// - Throws: as `decodeQuestion`.
  /// - Complexity: O(bytes)
  public func decodeNamedQuestion(
    _ text: Span<UInt8>, into batch: inout SampleBatch, dictionary: inout FeatureSpace
  ) throws(SampleError) -> [NamedFeature] {
    row.takesDownNames = true
    defer { row.takesDownNames = false }
    try decodeQuestion(text, into: &batch, dictionary: &dictionary)
    return row.namedFeatures
  }
}

/// The fields of a question that are of interest here, by their places; 0 for one that is not there.
private struct QuestionFields {
  var x = 0
  var samples = 0
  /// Whether it asks for one prediction and nothing else.
  private(set) var isPlain = true

  /// - Throws: where `x` or `samples` stands twice, or is anything but a sample or an array of them.
  init(_ question: JSONReader.Value) throws(SampleError) {
    var hasOperation = false
    var place = 1
    while place < question.count - 1 {
      let item = question[place]
      if item.isNamed("x") {
        guard x == 0 else { throw QuestionFields.repeated("x", item) }
        guard item.isContainer else {
          throw SampleError(
            .shape, "\"x\" must be an object by name or an array by position, not \(item.kindName)", at: Int(item.place)
          )
        }
        x = place
      } else if item.isNamed("samples") {
        guard samples == 0 else { throw QuestionFields.repeated("samples", item) }
        guard item.kind == JSON_ARRAY else {
          throw SampleError(
            .shape, "\"samples\" must be an array of samples, not \(item.kindName)", at: Int(item.place))
        }
        samples = place
      } else if item.isNamed("op") {
        isPlain = isPlain && !hasOperation && item.kind == JSON_STRING && isEqual(item.string, "predict")
        hasOperation = true
      } else {
        isPlain = isPlain && item.isNamed("protocol") && item.kind == JSON_NUMBER && item.number == 1
      }
      place = question.next(after: place)
    }
    isPlain = isPlain && hasOperation && x > 0 && samples == 0
  }

  private static func repeated(_ name: String, _ item: json_item) -> SampleError {
    SampleError(.duplicateField, "field \"\(name)\" stands twice; give it once", at: Int(item.place))
  }
}

extension JSONSamples {
  /// Adds the sample or the samples of a question to a batch.
  ///
  /// - Parameter onlyPlain: whether nothing is to be done unless the question asks for one prediction and nothing else.
  /// - Returns: whether it was done.
  /// - Throws: on the first thing that is wrong.
  fileprivate mutating func decodeQuestion(
    _ text: UnsafeBufferPointer<UInt8>, _ reader: inout JSONReader, _ row: inout RowBuilder,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureSpace, onlyPlain: Bool
  ) throws(SampleError) -> Bool {
    guard try reader.begin(text) == .lines, let question = try reader.next(), question[0].kind == JSON_OBJECT else {
      throw SampleError(.shape, "a question must be one object")
    }
    let fields = try QuestionFields(question)
    if onlyPlain, !fields.isPlain { return false }
    if fields.samples > 0 {
      var number = 0
      var place = fields.samples + 1
      let end = question.next(after: fields.samples) - 1
      while place < end {
        number += 1
        do throws(SampleError) {
          try addSample(question, at: place, checkingPaths: true, &row, &batch, &dictionary)
        } catch {
          throw error.inSample(number)
        }
        place = question.next(after: place)
      }
    } else if fields.x > 0 {
      try addOnlySample(question, at: fields.x, &row, &batch, &dictionary)
    } else {
      throw SampleError(.shape, "the question holds no sample; give one as \"x\", or several as \"samples\"")
    }
    guard try reader.next() == nil else {
      throw SampleError(.brokenJSON, "another value follows the first; there should be one object")
    }
    return true
  }

  /// Adds the question's only sample.
  private mutating func addOnlySample(
    _ question: JSONReader.Value, at place: Int, _ row: inout RowBuilder, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    // The row itself finds a feature that stands twice, where the model knows all of them and each has its key's name.
    if question[place].hasNumbersOnly {
      let isAdded = (try? addSample(question, at: place, checkingPaths: false, &row, &batch, &dictionary)) != nil
      if isAdded, batch.unknownFeatures == 0 { return }
      // Else all is done again, which also tells where it is wrong.
      batch.removeAll()
    }
    try addSample(question, at: place, checkingPaths: true, &row, &batch, &dictionary)
  }

  /// - Parameter isChecking: whether a name that stands twice is looked for by its path: the model may not know it.
  private mutating func addSample(
    _ question: JSONReader.Value, at place: Int, checkingPaths isChecking: Bool, _ row: inout RowBuilder,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    let item = question[place]
    guard item.isContainer else {
      throw SampleError(
        .shape, "a sample must be an object by name or an array by position, not \(item.kindName)", at: Int(item.place))
    }
    row.begin(target: nil, importance: 1, .predict, refusesRepetition: true)
    do throws(SampleError) {
      try features.add(question, at: place, checkingPaths: isChecking, &row)
    } catch {
      throw error.at(features.place)
    }
    try row.end(&batch, &dictionary)
  }
}

extension json_item {
  fileprivate func isNamed(_ name: StaticString) -> Bool { isEqual(key, name) }
}

private func isEqual(_ bytes: UnsafeBufferPointer<UInt8>, _ text: StaticString) -> Bool {
  bytes.count == text.utf8CodeUnitCount && text.withUTF8Buffer { $0.elementsEqual(bytes) }
}
