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
  }

  public let reason: Reason
  /// What was wrong, where, and what would be right.
  public let message: String
  /// Where in the payload, or of arrays in the frame that the message names: the offset of the first byte that is wrong, or
  /// of the smallest part known to be; nil where the error is about the whole of it.
  public let position: Int?

  public init(_ reason: Reason, _ message: String, at position: Int? = nil) {
    self.reason = reason
    self.message = message
    self.position = position
  }

  public var description: String { "\(message) (\(reason.rawValue))" }

  /// The same error with a position, where it has none yet.
  func at(_ position: Int) -> SampleError {
    SampleError(reason, message, at: self.position ?? position)
  }

  /// The same error, with the sample that it is about: counted from 1.
  func inSample(_ number: Int) -> SampleError {
    SampleError(reason, "sample \(number): \(message)", at: position)
  }

  /// The same error, with the line that it is about: counted from 1.
  ///
  /// - Parameter start: where the line begins, for errors that have no position.
  func inLine(_ number: Int, at start: Int? = nil) -> SampleError {
    SampleError(reason, "line \(number): \(message)", at: position ?? start)
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
