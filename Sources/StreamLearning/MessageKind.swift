public import SampleFormats

/// What a message does, for the journal.
public enum MessageKind: UInt8, Sendable {
  /// Its samples are learned.
  case learn = 0
  /// Its samples are learned, and predicted for an answer.
  case answer = 1
  /// Its one frame, JSON of `LearningSettings`, holds from there on.
  case settings = 2
  /// A new model begins.
  case reset = 3

  public var purpose: SampleDecoder.Purpose { self == .answer ? .answer : .learn }
}
