/// Something that happened to the model or its stream, published when it happens: `{"event": …, "step": …, "time": …,
/// "message": …}`, and what the kind of event has to tell besides.
///
/// Readers should expect kinds that they do not know: later daemons tell of more.
public struct Event: Sendable, Equatable {
  /// The word under `"event"`.
  public struct Kind: RawRepresentable, Sendable, Hashable, Codable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The loss has exploded for long. Carries a `divergence`.
    public static let divergenceBegan = Kind(rawValue: "divergence_began")
    /// The loss has come down again, and stayed down. Carries a `divergence`.
    public static let divergenceEnded = Kind(rawValue: "divergence_ended")
    /// A message was not accepted. Carries a `rejection`.
    public static let messageRejected = Kind(rawValue: "message_rejected")
    /// The dictionary was full, and features were forgotten to make room for new ones. Carries a `room`.
    public static let featuresForgotten = Kind(rawValue: "features_forgotten")
    /// The dictionary was full, no feature could be forgotten, and new ones were left out. Carries a `room`.
    public static let featuresRefused = Kind(rawValue: "features_refused")
    /// Settings were changed while the daemon runs. Carries the `settings` that are others now.
    public static let settingsChanged = Kind(rawValue: "settings_changed")
    /// The configuration was read again, and what can change without a restart has changed. Carries the keys that are `pending`.
    public static let configurationReloaded = Kind(rawValue: "configuration_reloaded")
    /// The configuration was read again and cannot be used; the one before holds. Carries the `error`.
    public static let configurationRefused = Kind(rawValue: "configuration_refused")
    /// A new model began in place of the one before.
    public static let modelReset = Kind(rawValue: "model_reset")
    /// A checkpoint is durable. Its `step` is the checkpoint's. Carries a `checkpoint`.
    public static let checkpointWritten = Kind(rawValue: "checkpoint_written")
    /// A source left numbers out. Carries a `gap`.
    public static let sequenceGap = Kind(rawValue: "sequence_gap")
    /// Something is wrong that learning goes on in spite of, or something else than before. Carries the `problem`.
    public static let degraded = Kind(rawValue: "degraded")
    /// Nothing is wrong any more. Carries the `problem` that there was.
    public static let recovered = Kind(rawValue: "recovered")
    /// Features whose coefficients are not zero any more, steadily. Carries an `activeSetChange`.
    public static let featureEntered = Kind(rawValue: "feature_entered")
    /// Features whose coefficients are zero again, steadily. Carries an `activeSetChange`.
    public static let featureLeft = Kind(rawValue: "feature_left")
    /// The loss has risen for good. Carries a `drift`.
    public static let driftDetected = Kind(rawValue: "drift_detected")
  }

  public var kind: Kind
  /// The model's clock.
  public var step: UInt64
  /// Seconds since 1970.
  public var time: Double
  /// What happened, and what to do about it, in a sentence for people.
  public var message: String
  /// For events about divergence.
  public var divergence: Divergence?
  /// For events about rejected messages.
  public var rejection: Rejection?
  /// For events about a full dictionary.
  public var room: Room?
  /// For events about settings: by key.
  public var settings: [String: JSONValue]?
  /// For `configurationReloaded`: the keys of settings that hold from the next start on.
  public var pending: [String]?
  /// For `configurationRefused`: what is wrong, and where.
  public var error: String?
  /// For events about checkpoints.
  public var checkpoint: Checkpoint?
  /// For events about gaps.
  public var gap: Gap?
  /// For `degraded` and `recovered`.
  public var problem: String?
  /// For events about the active set.
  public var activeSetChange: ActiveSetChange?
  /// For events about drift.
  public var drift: Drift?

  public init(
    _ kind: Kind, step: UInt64, time: Double, message: String, divergence: Divergence? = nil,
    rejection: Rejection? = nil, room: Room? = nil, settings: [String: JSONValue]? = nil,
    pending: [String]? = nil, error: String? = nil, checkpoint: Checkpoint? = nil, gap: Gap? = nil,
    problem: String? = nil,
    activeSetChange: ActiveSetChange? = nil, drift: Drift? = nil
  ) {
    self.kind = kind
    self.step = step
    self.time = time
    self.message = message
    self.divergence = divergence
    self.rejection = rejection
    self.room = room
    self.settings = settings
    self.pending = pending
    self.error = error
    self.checkpoint = checkpoint
    self.gap = gap
    self.problem = problem
    self.activeSetChange = activeSetChange
    self.drift = drift
  }
}

extension Event: Codable {
  private enum CodingKeys: String, CodingKey {
    case step, time, message, settings, pending, error, problem
    case kind = "event"
  }

  public init(from decoder: any Decoder) throws {
    let event = try decoder.container(keyedBy: CodingKeys.self)
    kind = try event.decode(Kind.self, forKey: .kind)
    step = try event.decode(UInt64.self, forKey: .step)
    time = try event.decode(Double.self, forKey: .time)
    message = try event.decode(String.self, forKey: .message)
    divergence = [.divergenceBegan, .divergenceEnded].contains(kind) ? try Divergence(from: decoder) : nil
    rejection = kind == .messageRejected ? try Rejection(from: decoder) : nil
    settings = try event.decodeIfPresent([String: JSONValue].self, forKey: .settings)
    pending = try event.decodeIfPresent([String].self, forKey: .pending)
    error = try event.decodeIfPresent(String.self, forKey: .error)
    room = [.featuresForgotten, .featuresRefused].contains(kind) ? try Room(from: decoder) : nil
    checkpoint = kind == .checkpointWritten ? try Checkpoint(from: decoder) : nil
    gap = kind == .sequenceGap ? try Gap(from: decoder) : nil
    problem = try event.decodeIfPresent(String.self, forKey: .problem)
    activeSetChange = [.featureEntered, .featureLeft].contains(kind) ? try ActiveSetChange(from: decoder) : nil
    drift = kind == .driftDetected ? try Drift(from: decoder) : nil
  }

  /// One object: what the kind has to tell stands beside what all events have.
  public func encode(to encoder: any Encoder) throws {
    var event = encoder.container(keyedBy: CodingKeys.self)
    try event.encode(kind, forKey: .kind)
    try event.encode(step, forKey: .step)
    try event.encode(time, forKey: .time)
    try event.encode(message, forKey: .message)
    try event.encodeIfPresent(settings, forKey: .settings)
    try event.encodeIfPresent(pending, forKey: .pending)
    try event.encodeIfPresent(error, forKey: .error)
    try divergence?.encode(to: encoder)
    try rejection?.encode(to: encoder)
    try room?.encode(to: encoder)
    try checkpoint?.encode(to: encoder)
    try gap?.encode(to: encoder)
    try event.encodeIfPresent(problem, forKey: .problem)
    try activeSetChange?.encode(to: encoder)
    try drift?.encode(to: encoder)
  }
}
