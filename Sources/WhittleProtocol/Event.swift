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
    /// A new model began in place of the one before.
    public static let modelReset = Kind(rawValue: "model_reset")
  }

  /// How the loss and the steps were at the event.
  public struct Divergence: Codable, Sendable, Equatable {
    /// η of the next step.
    public var stepSize: Double
    /// Recent mean loss of predictions made before learning; nil where it is beyond all numbers.
    public var loss: Double?
    /// The recent mean loss of the best constant prediction.
    public var bestConstantLoss: Double?
    /// Updates held back at the largest finite weight, over the model's life.
    public var clampedUpdates: UInt64

    public init(stepSize: Double, loss: Double?, bestConstantLoss: Double?, clampedUpdates: UInt64) {
      self.stepSize = stepSize
      self.loss = loss
      self.bestConstantLoss = bestConstantLoss
      self.clampedUpdates = clampedUpdates
    }

    enum CodingKeys: String, CodingKey {
      case loss
      case stepSize = "step_size"
      case bestConstantLoss = "best_constant_loss"
      case clampedUpdates = "clamped_updates"
    }
  }

  /// What was wrong with a message.
  public struct Rejection: Codable, Sendable, Equatable {
    /// As `stats` counts it under `"rejected"`.
    public var reason: String
    /// The offset in the payload of the first byte that is wrong; nil where it is not known.
    public var position: Int?
    /// Who sent the message, where it says so.
    public var source: String?
    /// The first bytes of the payload, at most 64, where they are printable UTF-8.
    public var firstText: String?
    /// The same in hexadecimal, where they are not.
    public var firstHex: String?
    /// How many messages were rejected since the last event of this kind without an event of their own.
    public var unpublishedBefore: UInt64

    public init(
      reason: String, position: Int?, source: String?, firstText: String?, firstHex: String?, unpublishedBefore: UInt64
    ) {
      self.reason = reason
      self.position = position
      self.source = source
      self.firstText = firstText
      self.firstHex = firstHex
      self.unpublishedBefore = unpublishedBefore
    }

    enum CodingKeys: String, CodingKey {
      case reason, position, source
      case firstText = "first_text"
      case firstHex = "first_hex"
      case unpublishedBefore = "unpublished_before"
    }
  }

  /// What a full dictionary did.
  public struct Room: Codable, Sendable, Equatable {
    /// How many features were forgotten, or left out, since the last event of this kind.
    public var features: UInt64
    /// limits.features.
    public var limit: Int

    public init(features: UInt64, limit: Int) {
      self.features = features
      self.limit = limit
    }
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

  public init(
    _ kind: Kind, step: UInt64, time: Double, message: String, divergence: Divergence? = nil,
    rejection: Rejection? = nil, room: Room? = nil, settings: [String: JSONValue]? = nil
  ) {
    self.kind = kind
    self.step = step
    self.time = time
    self.message = message
    self.divergence = divergence
    self.rejection = rejection
    self.room = room
    self.settings = settings
  }
}

extension Event: Codable {
  private enum CodingKeys: String, CodingKey {
    case step, time, message, settings
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
    room = [.featuresForgotten, .featuresRefused].contains(kind) ? try Room(from: decoder) : nil
  }

  /// One object: what the kind has to tell stands beside what all events have.
  public func encode(to encoder: any Encoder) throws {
    var event = encoder.container(keyedBy: CodingKeys.self)
    try event.encode(kind, forKey: .kind)
    try event.encode(step, forKey: .step)
    try event.encode(time, forKey: .time)
    try event.encode(message, forKey: .message)
    try event.encodeIfPresent(settings, forKey: .settings)
    try divergence?.encode(to: encoder)
    try rejection?.encode(to: encoder)
    try room?.encode(to: encoder)
  }
}
