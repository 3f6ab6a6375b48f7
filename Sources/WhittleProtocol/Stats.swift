/// How the model and its stream are doing, as of one step.
public struct Stats: Codable, Sendable, Equatable {
  /// Mean losses of predictions made before learning; nil before the first sample.
  public struct Loss: Codable, Sendable, Equatable {
    public var overall: Double?
    public var recent: Double?

    public init(overall: Double?, recent: Double?) {
      self.overall = overall
      self.recent = recent
    }
  }

  /// The newest checkpoint that is safely on disk.
  public struct Checkpoint: Codable, Sendable, Equatable {
    public var step: UInt64
    public var file: String
    public var ageSeconds: Double

    public init(step: UInt64, file: String, ageSeconds: Double) {
      self.step = step
      self.file = file
      self.ageSeconds = ageSeconds
    }

    enum CodingKeys: String, CodingKey {
      case step, file
      case ageSeconds = "age_seconds"
    }
  }

  /// The numbers that sources give their samples, over the model's life.
  public struct Sequences: Codable, Sendable, Equatable {
    /// One source's numbers.
    public struct Source: Codable, Sendable, Equatable {
      /// The highest number so far.
      public var last: UInt64
      /// How many numbers below it never came in order.
      public var missing: UInt64
      /// How many came again, or late, and were not learned.
      public var duplicates: UInt64

      public init(last: UInt64, missing: UInt64, duplicates: UInt64) {
        self.last = last
        self.missing = missing
        self.duplicates = duplicates
      }
    }

    /// How many sources have numbered samples.
    public var sources: Int
    /// Of all sources together.
    public var missing: UInt64
    public var duplicates: UInt64
    /// Sources by name; of many, those with the most missing and duplicates.
    public var bySource: [String: Source]

    public init(sources: Int, missing: UInt64, duplicates: UInt64, bySource: [String: Source]) {
      self.sources = sources
      self.missing = missing
      self.duplicates = duplicates
      self.bySource = bySource
    }

    enum CodingKeys: String, CodingKey {
      case sources, missing, duplicates
      case bySource = "by_source"
    }
  }

  /// Samples whose targets come later.
  public struct Delayed: Codable, Sendable, Equatable {
    /// How many wait.
    public var waiting: Int
    /// Learned when their targets came. Goes on over restarts, as `forgotten` does.
    public var matched: UInt64
    /// Let go because too many waited, or for too long, or because their id came anew.
    public var forgotten: UInt64
    /// Targets that came for no sample that waited, since the daemon started.
    public var unmatched: UInt64

    public init(waiting: Int, matched: UInt64, forgotten: UInt64, unmatched: UInt64) {
      self.waiting = waiting
      self.matched = matched
      self.forgotten = forgotten
      self.unmatched = unmatched
    }
  }

  /// What a full dictionary did since the daemon started.
  public struct Room: Codable, Sendable, Equatable {
    /// Features that were forgotten to make room for others.
    public var forgotten: UInt64
    /// Features that were left out of their samples, since none could be forgotten; each as often as it came.
    public var refused: UInt64

    public init(forgotten: UInt64, refused: UInt64) {
      self.forgotten = forgotten
      self.refused = refused
    }
  }

  /// How far the journal is behind what was learned. Positions count the accepted messages of the model's life.
  public struct Journal: Codable, Sendable, Equatable {
    /// Of the messages that are learned, the last.
    public var position: UInt64
    /// Of those that survive the process, the last.
    public var written: UInt64
    /// Of those that survive the machine, the last.
    public var synchronized: UInt64
    /// Answers that wait for it.
    public var heldAnswers: Int

    public init(position: UInt64, written: UInt64, synchronized: UInt64, heldAnswers: Int) {
      self.position = position
      self.written = written
      self.synchronized = synchronized
      self.heldAnswers = heldAnswers
    }

    enum CodingKeys: String, CodingKey {
      case position, written, synchronized
      case heldAnswers = "held_answers"
    }
  }

  /// Who connects to one of the daemon's sockets.
  public struct Connections: Codable, Sendable, Equatable {
    /// How many are connected, also those who have not said yet who they are.
    public var open: Int
    /// How many were since the daemon started.
    public var accepted: UInt64
    /// What was refused since the daemon started, by reason: connections, and messages and operations over them.
    public var refused: [String: UInt64]

    public init(open: Int, accepted: UInt64, refused: [String: UInt64]) {
      self.open = open
      self.accepted = accepted
      self.refused = refused
    }
  }

  /// Whether all that the daemon promises holds.
  public enum Health: String, Codable, Sendable {
    case ok
    /// It learns, but the last checkpoint or the journal could not be written (see `problem`).
    case degraded
  }

  public var health: Health
  /// What is wrong while degraded.
  public var problem: String?
  /// Seconds since the daemon started.
  public var uptimeSeconds: Double

  /// Samples learned over the model's life: its clock.
  public var step: UInt64
  /// Samples learned since the daemon started.
  public var samples: UInt64
  /// Samples received since the daemon started that were not to be learned: no target, or an importance weight of 0.
  public var unlearned: UInt64
  /// Messages received since the daemon started, rejected ones too.
  public var messages: UInt64
  /// Messages rejected since the daemon started, by reason.
  public var rejected: [String: UInt64]
  /// Samples learned a second, over the last few seconds.
  public var samplesPerSecond: Double

  /// Mean losses of progressive validation.
  public var loss: Loss
  /// All of progressive validation.
  public var validation: Validation
  /// How many features the model knows.
  public var features: Int
  /// How many coefficients are not zero.
  public var activeSet: Int
  /// The share of features whose coefficient is zero, 0 to 1.
  public var sparsity: Double
  /// Σ|w|.
  public var l1Norm: Double
  /// √Σw².
  public var l2Norm: Double
  public var intercept: Double
  /// η of the next step.
  public var stepSize: Double
  /// Updates held back at the largest finite weight, over the model's life.
  public var clampedUpdates: UInt64
  /// Whether the loss has exploded and not come down since: the steps are too large (see `Event.Kind.divergenceBegan`).
  public var diverging: Bool
  public var sequences: Sequences
  public var delayed: Delayed
  public var room: Room
  public var checkpoint: Checkpoint?
  /// Nil where there is none.
  public var journal: Journal?
  /// By socket: `sub`, `pull`, `router`, `query`, `publish`. Nil where the daemon does not tell.
  public var connections: [String: Connections]?

  public init(
    health: Health, problem: String?, uptimeSeconds: Double, step: UInt64, samples: UInt64, unlearned: UInt64,
    messages: UInt64, rejected: [String: UInt64], samplesPerSecond: Double, loss: Loss, validation: Validation,
    features: Int,
    activeSet: Int, sparsity: Double, l1Norm: Double, l2Norm: Double, intercept: Double, stepSize: Double,
    clampedUpdates: UInt64, diverging: Bool, sequences: Sequences, delayed: Delayed, room: Room,
    checkpoint: Checkpoint?, journal: Journal? = nil, connections: [String: Connections]? = nil
  ) {
    self.health = health
    self.problem = problem
    self.uptimeSeconds = uptimeSeconds
    self.step = step
    self.samples = samples
    self.unlearned = unlearned
    self.messages = messages
    self.rejected = rejected
    self.samplesPerSecond = samplesPerSecond
    self.loss = loss
    self.validation = validation
    self.features = features
    self.activeSet = activeSet
    self.sparsity = sparsity
    self.l1Norm = l1Norm
    self.l2Norm = l2Norm
    self.intercept = intercept
    self.stepSize = stepSize
    self.clampedUpdates = clampedUpdates
    self.diverging = diverging
    self.sequences = sequences
    self.delayed = delayed
    self.room = room
    self.checkpoint = checkpoint
    self.journal = journal
    self.connections = connections
  }

  enum CodingKeys: String, CodingKey {
    case health, problem, step, samples, unlearned, messages, rejected, loss, validation, features, sparsity, intercept
    case diverging, sequences, delayed, room
    case uptimeSeconds = "uptime_seconds"
    case samplesPerSecond = "samples_per_second"
    case activeSet = "active_set"
    case l1Norm = "l1_norm"
    case l2Norm = "l2_norm"
    case stepSize = "step_size"
    case clampedUpdates = "clamped_updates"
    case checkpoint, journal, connections
  }
}
