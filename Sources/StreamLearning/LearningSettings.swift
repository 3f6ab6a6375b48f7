public import OnlineLearning
public import SampleFormats

/// The settings that decide what messages make of a model: the same messages under the same settings make the same model,
/// bit for bit. The journal keeps them beside the messages: one that is added later needs a default where it is missing, as
/// journals that are there already lack it.
public struct LearningSettings: Sendable, Equatable, Codable {
  public var learner: LearnerConfiguration
  public var features: FeatureSettings
  /// What the fields of JSON records are for.
  public var json: JSONFields
  public var limits: SampleLimits
  /// What is kept of samples whose targets come later.
  public var delayed: DelayedSamples.Bounds
  public var format: SampleDecoder.Format

  public init(
    learner: LearnerConfiguration = LearnerConfiguration(), features: FeatureSettings = FeatureSettings(),
    json: JSONFields = JSONFields(), limits: SampleLimits = SampleLimits(),
    delayed: DelayedSamples.Bounds = DelayedSamples.Bounds(), format: SampleDecoder.Format = .auto
  ) {
    self.learner = learner
    self.features = features
    self.json = json
    self.limits = limits
    self.delayed = delayed
    self.format = format
  }
}

/// How names lead to weights.
public struct FeatureSettings: Sendable, Equatable, Codable {
  public var space = FeatureSpace.State.Word.dictionary
  /// Of hashes.
  public var bits = 18
  /// Of indices.
  public var width = 1024
  /// How many names of hashed features are kept.
  public var names = 1000
  public var interactions: [Interaction] = []

  public init() {}

  /// The space that they ask for.
  public var kind: FeatureSpace.Kind {
    switch space {
    case .dictionary: .dictionary
    case .hashed: .hashed(bits: bits)
    case .indexed: .indexed(width: width)
    }
  }
}

extension LearnerConfiguration {
  /// With what is left to the optimizer spelled out: to say so, or to stop saying so, changes nothing.
  public var inForce: LearnerConfiguration {
    var spelledOut = self
    spelledOut.learningRate.schedule = schedule
    spelledOut.learningRate.update = update
    spelledOut.learningRate.initial = initialStepSize
    return spelledOut
  }
}
