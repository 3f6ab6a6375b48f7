/// What one message may ask of the daemon.
public struct SampleLimits: Sendable, Equatable, Codable {
  /// Bytes of a message's payload.
  public var messageBytes: Int
  /// Samples in a message.
  public var samplesPerMessage: Int
  /// Features in a sample.
  public var featuresPerSample: Int
  /// Bytes of a feature's name.
  public var nameBytes: Int
  /// How deep JSON may nest; never deeper than 1024.
  public var nestingDepth: Int
  /// Features that the model may know.
  public var features: Int
  /// Sources that number their samples.
  public var sources: Int

  /// Names that there may be until a message has been decoded and room been found for its new ones.
  var namesWhileDecoding: Int { min(features * 2, 1 << 31) }

  public init(
    messageBytes: Int = 16 << 20, samplesPerMessage: Int = 100_000, featuresPerSample: Int = 1_000_000,
    nameBytes: Int = 1024, nestingDepth: Int = 32, features: Int = 1 << 24,
    sources: Int = 10_000
  ) {
    self.messageBytes = messageBytes
    self.samplesPerMessage = samplesPerMessage
    self.featuresPerSample = featuresPerSample
    self.nameBytes = nameBytes
    self.nestingDepth = nestingDepth
    self.features = features
    self.sources = sources
  }
}
