public import OnlineLearning

/// Why a message was rejected. Its samples are not learned, none of them, and the model is as it was.
public struct SampleError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: String, Sendable, CaseIterable {
    /// The message holds no sample.
    case empty
    /// The message has other frames than its format has.
    case frames
    /// A header that describes no samples, or buffers that do not fit it.
    case brokenArrays = "broken_arrays"
    /// A limit of the configuration was passed; the message names it.
    case limit
    case notUTF8 = "not_utf8"
    case brokenJSON = "broken_json"
    /// Well-formed JSON that is no sample.
    case shape
    case unknownField = "unknown_field"
    case duplicateField = "duplicate_field"
    /// A line of text that is no sample.
    case brokenText = "broken_text"
    /// A target that the loss has no meaning for.
    case target
    /// An importance weight that is negative or not finite.
    case importance
    /// A feature without a usable name.
    case featureName = "feature_name"
    /// A feature value that is not a finite Float32.
    case featureValue = "feature_value"
    /// A message that follows one of its source that is not here.
    case sequence
  }

  public let reason: Reason
  /// What was wrong, where, and what would be right.
  public let message: String
  /// Where in the payload, or of arrays in the frame that the message names: the offset of the first byte that is wrong, or
  /// of the smallest part known to be; nil where the error is about the whole of it.
  public let position: Int?
  /// Who sent the sample or the message that it is about, cut to `limits.name_bytes`; nil where it does not say so, or not
  /// before what is wrong.
  public let source: String?
  /// What numbers the message; nil where it has no number, or not before what is wrong.
  public private(set) var label: SampleLabels.MessageLabel?

  public init(_ reason: Reason, _ message: String, at position: Int? = nil, from source: String? = nil) {
    self.reason = reason
    self.message = message
    self.position = position
    self.source = source
  }

  public var description: String { "\(message) (\(reason.rawValue))" }

  /// The error about a name that is no index of one.
  init(noIndex name: Span<UInt8>, below width: Int) {
    self.init(
      .featureName,
      "feature \(quoted(name)) is no index; with features.space = indexed, names are whole numbers below features.width, "
        + "\(width)")
  }

  /// The same error with a position, where it has none yet.
  func at(_ position: Int) -> SampleError {
    SampleError(reason, message, at: self.position ?? position, from: source)
  }

  /// The same error with the number of the message that it is about.
  public func about(_ label: SampleLabels.MessageLabel?) -> SampleError {
    var error = self
    error.label = label
    return error
  }

  /// The same error with a source, where it has none yet.
  ///
  /// - Parameters:
  ///   - source: valid UTF-8; empty for none.
  ///   - limit: how many bytes of it are kept at most, without the part of a character.
  func from(_ source: some Collection<UInt8>, upTo limit: Int) -> SampleError {
    // One more, which tells whether the last character is whole.
    let bytes = Array(source.prefix(limit + 1))
    var end = min(bytes.count, limit)
    while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    let text = end == 0 ? nil : String(decoding: bytes[..<end], as: UTF8.self)
    return SampleError(reason, message, at: position, from: self.source ?? text)
  }

  /// The same error, with the sample that it is about: counted from 1.
  func inSample(_ number: Int) -> SampleError {
    SampleError(reason, "sample \(number): \(message)", at: position, from: source)
  }

  /// The same error, with the line that it is about: counted from 1.
  func inLine(_ number: Int) -> SampleError {
    SampleError(reason, "line \(number): \(message)", at: position, from: source)
  }

  /// The same error, whose position is one in a line, or none, with that line: counted from 1.
  ///
  /// - Parameter start: where the line begins.
  func inLine(_ number: Int, startingAt start: Int) -> SampleError {
    SampleError(reason, "line \(number): \(message)", at: start + (position ?? 0), from: source)
  }

  /// The same error, with the line that it is about, where the payload has several.
  ///
  /// - Parameter start: where the line begins, or anything in it.
  func inLine(of start: Int, _ payload: UnsafeBufferPointer<UInt8>) -> SampleError {
    let lineFeed = UInt8(ascii: "\n")
    let isLast = payload[start...].drop { $0 != lineFeed }.allSatisfy { SampleDecoder.isBlank($0) }
    let before = payload[..<start].count { $0 == lineFeed }
    return before == 0 && isLast ? self : inLine(before + 1)
  }
}
