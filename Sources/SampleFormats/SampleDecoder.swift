internal import CSimdJSON
public import OnlineLearning

/// Turns the payload of a message into samples, whatever its format; all of them, or none and an error.
///
/// Never traps, whatever the bytes. Buffers are kept from message to message, so a decoder belongs to one thread.
public final class SampleDecoder {
  public enum Format: String, Sendable, CaseIterable {
    /// Arrays where there are such frames, JSON where the payload begins with `{` or `[`, Vowpal Wabbit text otherwise.
    case auto
    /// JSON: a record, an array of them, or a record a line.
    case json
    /// Vowpal Wabbit text, a sample a line.
    case vw
    /// A header of JSON in a frame of its own, and arrays in the frames after it.
    case arrays
  }

  /// What the samples are for.
  public enum Purpose: Sendable {
    /// New names are added to the dictionary; samples without a target are counted and left out.
    case learn
    /// As `learn`, but samples that are not to be learned stay in their places, with NaN for a target, to be predicted.
    case answer
    /// Names that the dictionary does not know are counted and left out; targets are ignored. JSON is a question to the
    /// daemon: its fields have their usual names, whatever those of the messages have.
    case predict
  }

  /// Whether samples that have an id and no target stay in their places, with NaN for a target, since theirs may come later.
  public var keepsIdentified = false
  let limits: SampleLimits
  let loss: Loss
  let json: JSONReader
  /// The fields of JSON records in messages, and in questions to the daemon.
  var messageFields: FieldTable
  var questionFields = FieldTable.question
  var features = JSONFeatures()
  var row = RowBuilder()
  var arrays: ArraySamples

  /// - Parameters:
  ///   - loss: decides which targets are valid.
  ///   - fields: what the fields of JSON records are for, without a contradiction.
  /// - Returns: nil when memory is short.
  public init?(loss: Loss, limits: SampleLimits = SampleLimits(), fields: JSONFields = JSONFields()) {
    guard let json = JSONReader(maximumDepth: limits.nestingDepth) else { return nil }
    self.loss = loss
    self.limits = limits
    self.json = json
    messageFields = FieldTable(fields)
    arrays = ArraySamples(loss: loss, limits: limits)
  }

  /// Replaces what `batch` holds with the samples of `payload`, in their order.
  ///
  /// - Throws: on the first thing that is wrong; then the batch is empty and the dictionary as it was before.
  /// - Complexity: O(bytes)
  public func decode(
    _ payload: Span<UInt8>, format: Format = .auto, for purpose: Purpose, into batch: inout SampleBatch,
    dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    let known = dictionary.count
    batch.removeAll()
    do throws(SampleError) {
      guard payload.count <= limits.messageBytes else {
        throw SampleError(
          .limit, "the message has \(payload.count) bytes; limits.message_bytes is \(limits.messageBytes)")
      }
      guard let first = firstVisibleByte(of: payload) else {
        throw SampleError(.empty, "the message is empty; it should hold at least one sample")
      }
      if format == .arrays { throw SampleDecoder.noBuffers }
      let isJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
      if format == .json || format == .auto && isJSON {
        try decodeJSON(payload, purpose, &batch, &dictionary)
      } else {
        try decodeText(payload, purpose, &batch, &dictionary)
      }
      guard batch.count + batch.unlearned > 0 else {
        throw SampleError(.empty, "the message holds no sample; it should hold at least one")
      }
    } catch {
      batch.removeAll()
      dictionary.truncate(to: known)
      throw error
    }
  }

  func firstVisibleByte(of payload: Span<UInt8>) -> UInt8? {
    for position in payload.indices where !SampleDecoder.isBlank(payload[position]) {
      return payload[position]
    }
    return nil
  }

  /// Whether the byte is what JSON and text lines pass over: space, tab, line feed or carriage return.
  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
      || byte == UInt8(ascii: "\r")
  }

  /// Ends the row under construction: keeps it, or drops it where it is not to be learned.
  ///
  /// - Parameters:
  ///   - target: as the message has it; nil where there is none.
  ///   - isIdentified: whether the sample has an id.
  func endRow(
    target: Double?, importance: Double, isIdentified: Bool = false, _ purpose: Purpose, _ batch: inout SampleBatch
  ) throws(SampleError) {
    guard batch.count + batch.unlearned < limits.samplesPerMessage else {
      throw SampleError(
        .limit, "the message has more samples than limits.samples_per_message, \(limits.samplesPerMessage)")
    }
    var normalized: Double?
    if let target {
      normalized = loss.normalizedTarget(target)
      if normalized == nil {
        throw SampleError(
          .target, "the target is \(target); with loss \(loss.rawValue) it must be \(loss.targetRequirement)")
      }
    }
    guard importance >= 0, importance <= Double(Float.greatestFiniteMagnitude) else {
      throw SampleError(
        .importance, "the importance weight is \(importance); it must be at least 0 and at most 3.4e38")
    }
    switch purpose {
    case .predict: batch.endRow(target: .nan, importance: 1)
    case .learn, .answer:
      if let normalized, importance > 0 {
        batch.endRow(target: normalized, importance: importance)
      } else if purpose == .answer || waits(target, importance, isIdentified) {
        batch.endRow(target: .nan, importance: max(importance, .leastNormalMagnitude))
      } else {
        batch.dropRow()
        batch.unlearned += 1
      }
    }
  }

  /// Whether names of a row may be added to the dictionary: only where the row is going to be learned.
  func adds(target: Double?, importance: Double, isIdentified: Bool = false, _ purpose: Purpose) -> Bool {
    purpose != .predict && (target != nil && importance > 0 || waits(target, importance, isIdentified))
  }

  private func waits(_ target: Double?, _ importance: Double, _ isIdentified: Bool) -> Bool {
    keepsIdentified && isIdentified && target == nil && importance > 0
  }
}
