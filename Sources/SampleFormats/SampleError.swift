/// Why a message was rejected. Its samples are not learned, none of them, and the model is as it was.
public struct SampleError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Reason: String, Sendable, CaseIterable {
    /// The message holds no sample.
    case empty
    /// The message has more frames than a topic and a payload.
    case frames
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

  public init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  public var description: String { "\(message) (\(reason.rawValue))" }

  /// The same error, with the sample that it is about: counted from 1.
  func inSample(_ number: Int) -> SampleError {
    SampleError(reason, "sample \(number): \(message)")
  }

  /// The same error, with the line that it is about: counted from 1.
  func inLine(_ number: Int) -> SampleError {
    SampleError(reason, "line \(number): \(message)")
  }
}
