internal import CSimdJSON
public import OnlineLearning

/// Turns the payload of a message into samples, whatever its format; all of them, or none and an error.
///
/// Never traps, whatever the bytes. Buffers are kept from message to message, so a decoder belongs to one thread.
public final class SampleDecoder {
  public enum Format: String, Sendable, CaseIterable {
    /// JSON where the payload begins with `{` or `[`; Vowpal Wabbit text where the first line that is neither blank nor a
    /// comment has a `|` before any `#`; svmlight otherwise.
    case auto
    case json
    /// Vowpal Wabbit text, a sample a line.
    case vw
    /// The text format of svmlight and LIBSVM, a sample a line.
    case svmlight
  }

  /// What the samples are for.
  public enum Purpose: Sendable {
    /// New names are added to the dictionary; samples without a target are counted and left out.
    case learn
    /// Names that the dictionary does not know are counted and left out; targets are ignored.
    case predict
  }

  let limits: SampleLimits
  let json: JSONDocument
  var row: RowBuilder
  private var lines = TextLines()

  /// - Parameter loss: decides which targets are valid.
  /// - Returns: nil when memory is short.
  public init?(loss: Loss, limits: SampleLimits = SampleLimits()) {
    guard let json = JSONDocument(maximumBytes: limits.messageBytes, maximumDepth: limits.nestingDepth) else {
      return nil
    }
    self.limits = limits
    self.json = json
    row = RowBuilder(loss: loss, limits: limits)
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
      switch format == .auto ? SampleDecoder.format(of: payload, beginningWith: first) : format {
      case .vw: try decodeText(payload, VWText.decode, purpose, &batch, &dictionary)
      case .svmlight: try decodeText(payload, SVMLightText.decode, purpose, &batch, &dictionary)
      case .auto, .json: try decodeJSON(payload, purpose, &batch, &dictionary)
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

  private func firstVisibleByte(of payload: Span<UInt8>) -> UInt8? {
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
    _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    guard text.withUnsafeBufferPointer({ json_is_utf8($0.baseAddress, $0.count) }) else {
      try explainUTF8(text)
      throw SampleError(.notUTF8, "the payload is not UTF-8 text")
    }
    if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF {
      // Invisible, so that any other error about it would puzzle the reader.
      throw SampleError(.brokenText, "the payload begins with a byte order mark, EF BB BF; leave it out")
    }
    try lines.forEachLine(of: text) { (line) throws(SampleError) in
      try decodeLine(line, purpose, &row, &batch, &dictionary)
    }
  }

  /// Decodes a line into a row of the batch.
  private typealias LineDecoder = (
    _ line: borrowing TextLine, _ purpose: Purpose, _ row: inout RowBuilder, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureDictionary
  ) throws(SampleError) -> Void
}

extension SampleDecoder.Purpose {
  /// Whether names of a row may be added to the dictionary: only where the row is going to be learned.
  func addsNames(target: Double?, importance: Double) -> Bool {
    self == .learn && target != nil && importance > 0
  }
}
