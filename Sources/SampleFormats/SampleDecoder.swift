internal import CSimdJSON
public import OnlineLearning

/// Turns the payload of a message into samples, whatever its format; all of them, or none and an error.
///
/// Never traps, whatever the bytes. Buffers are kept from message to message, so a decoder belongs to one thread.
public final class SampleDecoder {
  public enum Format: String, Sendable, Codable, CaseIterable {
    /// Arrays where there are such frames; JSON where the payload begins with `{` or `[`; Vowpal Wabbit text where the first
    /// line that is neither blank nor a comment has a `|` before any `#`; svmlight otherwise.
    case auto
    /// JSON: a record, an array of them, or a record a line.
    case json
    /// Vowpal Wabbit text, a sample a line.
    case vw
    /// The text format of svmlight and LIBSVM, a sample a line.
    case svmlight
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
  public var keepsIdentified: Bool {
    get { row.keepsIdentified }
    set { row.keepsIdentified = newValue }
  }
  let limits: SampleLimits
  var json: JSONReader
  var arrays: ArraySamples
  var row: RowBuilder
  var records: JSONSamples
  private var lines = TextLines()

  /// - Parameters:
  ///   - loss: decides which targets are valid.
  ///   - fields: what the fields of JSON records are for, without a contradiction.
  ///   - interactions: whose features are multiplied with whose; arrays have no namespaces.
  /// - Returns: nil when memory is short.
  public init?(
    loss: Loss, limits: SampleLimits = SampleLimits(), fields: JSONFields = JSONFields(),
    interactions: [Interaction] = []
  ) {
    guard let json = JSONReader(maximumDepth: limits.nestingDepth) else { return nil }
    self.limits = limits
    self.json = json
    arrays = ArraySamples(loss: loss, limits: limits)
    records = JSONSamples(limits: limits, fields: fields)
    row = RowBuilder(loss: loss, limits: limits, interactions: interactions)
  }

  /// Replaces what `batch` holds with the samples of `payload`, in their order.
  ///
  /// - Throws: on the first thing that is wrong; then the batch is empty and the dictionary as it was before.
  /// - Complexity: O(bytes)
  public func decode(
    _ payload: Span<UInt8>, format: Format = .auto, for purpose: Purpose, into batch: inout SampleBatch,
    dictionary: inout FeatureSpace
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
      switch format == .auto ? SampleDecoder.format(of: payload, beginningWith: first) : format {
      case .vw: try decodeText(payload, VWText.decode, purpose, &batch, &dictionary)
      case .svmlight: try decodeText(payload, SVMLightText.decode, purpose, &batch, &dictionary)
      case .auto, .json, .arrays: try records.decode(payload, &json, purpose, &row, &batch, &dictionary)
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

  /// - Parameter first: the first byte that is no blank.
  private static func format(of payload: Span<UInt8>, beginningWith first: UInt8) -> Format {
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return .json }
    return TextLines.haveBar(payload) ? .vw : .svmlight
  }

  private func decodeText(
    _ text: Span<UInt8>, _ decodeLine: LineDecoder, _ purpose: Purpose, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    do throws(SampleError) {
      if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF {
        // Invisible, so that any other error about it would puzzle the reader.
        throw SampleError(.brokenText, "the payload begins with a byte order mark, EF BB BF; leave it out", at: 0)
      }
      try lines.forEachLine(of: text) { (line) throws(SampleError) in
        try decodeLine(line, purpose, &row, &batch, &dictionary)
      }
    } catch {
      // Whatever else is wrong with a text that is not UTF-8, all of it has to be read as something else.
      if !isUTF8(text) { try explainUTF8(text) }
      throw error
    }
  }

  /// Decodes a line into a row of the batch.
  private typealias LineDecoder = (
    _ line: borrowing TextLine, _ purpose: Purpose, _ row: inout RowBuilder, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) -> Void
}
