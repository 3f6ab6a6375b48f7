/// What kinds of events have to tell besides what all have.
extension Event {
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

  /// A checkpoint that has just been written.
  public struct Checkpoint: Codable, Sendable, Equatable {
    public var file: String
    public var bytes: Int
    /// How long writing it took.
    public var seconds: Double

    public init(file: String, bytes: Int, seconds: Double) {
      self.file = file
      self.bytes = bytes
      self.seconds = seconds
    }
  }

  /// Numbers that a source left out. Should they come later, they are taken for duplicates.
  public struct Gap: Codable, Sendable, Equatable {
    /// Nil for the source without a name.
    public var source: String?
    /// The first number that is missing, and the last.
    public var from: UInt64
    public var to: UInt64
    /// How many they are.
    public var missing: UInt64
    /// How many gaps this source had since the last event of this kind about it that got none of their own.
    public var unpublishedBefore: UInt64

    public init(source: String?, from: UInt64, to: UInt64, unpublishedBefore: UInt64) {
      self.source = source
      self.from = from
      self.to = to
      missing = to - from + 1
      self.unpublishedBefore = unpublishedBefore
    }

    enum CodingKeys: String, CodingKey {
      case source, from, to, missing
      case unpublishedBefore = "unpublished_before"
    }
  }

  /// Features that have entered or left the active set.
  public struct ActiveSetChange: Codable, Sendable, Equatable {
    /// How many they are.
    public var count: Int
    /// The heaviest of them first, at most 20. Features that were forgotten meanwhile have no name and are only counted.
    public var names: [String]
    /// As many: the coefficients, for features that left the last ones that were not zero.
    public var values: [Float]

    public init(count: Int, names: [String], values: [Float]) {
      self.count = count
      self.names = names
      self.values = values
    }
  }

  /// A loss that has risen for good.
  public struct Drift: Codable, Sendable, Equatable {
    /// What found it: `adwin` or `page_hinkley`.
    public var detector: String
    /// The mean loss of predictions made before learning, before the change and since.
    public var lossBefore: Double
    public var lossAfter: Double
    /// Where the detector puts the change.
    public var sinceStep: UInt64

    public init(detector: String, lossBefore: Double, lossAfter: Double, sinceStep: UInt64) {
      self.detector = detector
      self.lossBefore = lossBefore
      self.lossAfter = lossAfter
      self.sinceStep = sinceStep
    }

    enum CodingKeys: String, CodingKey {
      case detector
      case lossBefore = "loss_before"
      case lossAfter = "loss_after"
      case sinceStep = "since_step"
    }
  }
}
