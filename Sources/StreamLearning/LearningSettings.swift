internal import FoundationEssentials
public import ModelStore
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
  /// Which of the learner's are not as the daemon's configuration says. They are part of `learner` already.
  public var overrides: SettingOverrides

  public init(
    learner: LearnerConfiguration = LearnerConfiguration(), features: FeatureSettings = FeatureSettings(),
    json: JSONFields = JSONFields(), limits: SampleLimits = SampleLimits(),
    delayed: DelayedSamples.Bounds = DelayedSamples.Bounds(), format: SampleDecoder.Format = .auto,
    overrides: SettingOverrides = SettingOverrides()
  ) {
    self.learner = learner
    self.features = features
    self.json = json
    self.limits = limits
    self.delayed = delayed
    self.format = format
    self.overrides = overrides
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    learner = try fields.decode(LearnerConfiguration.self, forKey: .learner)
    features = try fields.decode(FeatureSettings.self, forKey: .features)
    json = try fields.decode(JSONFields.self, forKey: .json)
    limits = try fields.decode(SampleLimits.self, forKey: .limits)
    delayed = try fields.decode(DelayedSamples.Bounds.self, forKey: .delayed)
    format = try fields.decode(SampleDecoder.Format.self, forKey: .format)
    overrides = try fields.decodeIfPresent(SettingOverrides.self, forKey: .overrides) ?? SettingOverrides()
  }
}

extension LearningSettings {
  /// As the journal keeps them: JSON.
  public func text() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }

  /// - Throws: where they cannot be read.
  public init(text: String) throws {
    self = try JSONDecoder().decode(LearningSettings.self, from: Data(text.utf8))
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
