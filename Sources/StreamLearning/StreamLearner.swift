public import ModelStore
public import OnlineLearning
public import SampleFormats

/// What a stream of messages makes of a model: takes the messages in one by one, and learns them.
///
/// Deterministic: the same messages, times and settings in the same order make the same model, bit for bit, whether they come
/// over a socket or out of a journal. Belongs to one thread.
///
/// A message goes through in two steps, so that a journal can have it in between: `accept` decodes it and finds out whether
/// it can be learned, and `learn` learns it.
public struct StreamLearner {
  /// What the messages have made so far.
  public struct State: Sendable {
    public var model: Model
    /// How far the sources that number their samples have got.
    public var sequences: SourceSequences
    /// Samples that wait for their targets.
    public var delayed: DelayedSamples
    /// Which settings of the learner are not as the daemon's configuration says.
    public var overrides: SettingOverrides
    /// How many messages were accepted over the model's life that changed anything, or could have; changes of settings, and
    /// resets, among them.
    public var position: UInt64

    public init(
      _ model: Model, sequences: SourceSequences = SourceSequences(), delayed: DelayedSamples,
      overrides: SettingOverrides = SettingOverrides(), position: UInt64 = 0
    ) {
      self.model = model
      self.sequences = sequences
      self.delayed = delayed
      self.overrides = overrides
      self.position = position
    }

    /// What there is before the first message.
    public init(_ settings: LearningSettings) {
      self.init(
        Model(settings.learner, FeatureSpace(settings.features.kind, keepingNames: settings.features.names)),
        delayed: DelayedSamples(settings.delayed), overrides: settings.overrides)
    }

    /// The same under other settings, which hold from here on.
    ///
    /// - Precondition: loss, intercept and feature space are those of the model.
    /// - Complexity: O(features)
    public func under(_ settings: LearningSettings) -> State {
      var changed = self
      if model.configuration.inForce != settings.learner.inForce {
        changed.model = model.reconfigured(settings.learner)
      }
      changed.model.space.keepNames(settings.features.names)
      changed.delayed = delayed.under(settings.delayed)
      changed.overrides = settings.overrides
      return changed
    }
  }

  public internal(set) var settings: LearningSettings
  public internal(set) var state: State

  var decoder: SampleDecoder
  var batch = SampleBatch()
  /// The number of the message accepted last; nil where it has none.
  public private(set) var label: SampleLabels.MessageLabel?
  /// Whether the message accepted last has a position.
  var counts = false
  /// Rows to be learned that follow each other, where samples have ids, and the margins that were given out for them.
  var stretch = SampleBatch()
  var given: [Double] = []
  /// The margins of the rows of the message learned last, where they were wanted.
  var margins: [Double] = []

  /// - Parameters:
  ///   - settings: how messages are to be read and learned.
  ///   - state: what there is already, under these settings.
  /// - Returns: nil when memory is short.
  public init?(_ settings: LearningSettings, _ state: State) {
    guard let decoder = StreamLearner.decoder(settings, state.model) else { return nil }
    self.settings = settings
    self.state = state
    self.decoder = decoder
  }

  static func decoder(_ settings: LearningSettings, _ model: Model) -> SampleDecoder? {
    var limits = settings.limits
    // A model that knows more than it may today keeps it, and new features take the places of some.
    limits.features = max(limits.features, model.space.count)
    let decoder = SampleDecoder(
      loss: settings.learner.loss, limits: limits, fields: settings.json,
      interactions: settings.features.interactions)
    decoder?.keepsIdentified = settings.delayed.samples > 0
    return decoder
  }

  /// Takes in a message: decodes it and finds out whether it can be learned.
  ///
  /// - Parameters:
  ///   - frames: all of them, from topic or envelope on.
  ///   - purpose: `learn` or `answer`.
  ///   - admit: throws where the message, which is numbered, may not come now; takes its number and the highest one of its
  ///     source so far, 0 where there is none.
  /// - Returns: whether learning it may change anything, so that it has to be kept.
  /// - Throws: on the first thing that is wrong; then nothing has changed.
  /// - Complexity: O(bytes)
  public mutating func accept(
    _ frames: Span<UnsafeRawBufferPointer>, for purpose: SampleDecoder.Purpose,
    admit: (_ label: SampleLabels.MessageLabel, _ last: UInt64) throws(SampleError) -> Void = { (_, _) in }
  ) throws(SampleError) -> Bool {
    label = nil
    try decoder.decode(frames, format: settings.format, for: purpose, into: &batch, dictionary: &state.model.space)
    label = batch.labels.message
    do throws(SampleError) {
      if let label { try admit(label, state.sequences.last(of: label.source.span) ?? 0) }
      // Few messages have numbers.
      if batch.labels.count > 0 || label != nil { try checkSequences() }
    } catch {
      // What the message named anew goes with it.
      state.model.space.truncate(to: state.model.learner.count)
      throw error.about(label)
    }
    counts = batch.count > 0 || batch.labels.count > 0 || batch.labels.message != nil
    return counts
  }

  /// Messages up to a position are there, or missing for good: the next one has the position after it.
  mutating func goOn(after position: UInt64) { state.position = position }

  /// As the model's.
  public mutating func beginSnapshot() { state.model.beginSnapshot() }

  /// As the model's.
  public mutating func continueSnapshot(copying bytes: Int) -> ModelSnapshot? {
    state.model.continueSnapshot(copying: bytes)
  }

  /// As the model's.
  public mutating func keepLossBlocks() { state.model.keepLossBlocks() }

  /// As the model's.
  public mutating func takeLossBlocks() -> (means: [Double], samplesSince: Int) { state.model.takeLossBlocks() }
}
