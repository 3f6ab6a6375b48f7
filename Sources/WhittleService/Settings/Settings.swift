internal import ModelCatalog
public import ModelStore
public import OnlineLearning
public import SampleFormats
public import StreamLearning
internal import WhittleProtocol

/// Everything that can be set about a daemon, with the values it has when nobody sets any.
///
/// `SettingTable` gives each its key, its flag, its environment variable and its meaning.
public struct Settings: Sendable, Equatable {
  /// Where samples come from.
  public struct Ingest: Sendable, Equatable {
    /// Endpoints of the one SUB socket, of the one PULL socket and of the one ROUTER socket.
    public var subBind = [DefaultEndpoints.ingestSub]
    public var subConnect: [String] = []
    /// Topic prefixes; the empty one takes everything.
    public var subTopics = [""]
    public var pullBind = [DefaultEndpoints.ingestPull]
    public var pullConnect: [String] = []
    public var routerBind = [DefaultEndpoints.ingestRouter]
    public var routerConnect: [String] = []
    /// Whether answers carry predictions.
    public var routerPredicts = false
    /// What answers wait for.
    public var routerAcknowledge = Acknowledgement.accepted
    /// Answers that the ROUTER socket holds for each client.
    public var routerSendHighWaterMark = 10_000
    public var format = SampleDecoder.Format.auto
    /// Messages that each socket holds for the engine.
    public var receiveHighWaterMark = 10_000

    /// All that samples can come from.
    var endpoints: [String] { subBind + subConnect + pullBind + pullConnect + routerBind + routerConnect }
  }

  /// When something that happens again and again is due: whichever comes first. 0 turns either off.
  public struct Cadence: Sendable, Equatable {
    public var samples: Int
    public var seconds: Double
  }

  /// What an answer to a message of samples says.
  public enum Acknowledgement: String, Sendable, CaseIterable {
    /// They are learned.
    case accepted
    /// And the message is in the journal: it survives the process.
    case journaled
    /// And the journal is synced: it survives the machine.
    case durable
  }

  /// Every message, kept on disk until a checkpoint covers it.
  public struct Journal: Sendable, Equatable {
    /// When the disk is made to keep what was written.
    public enum Sync: String, Sendable, CaseIterable {
      /// After every batch of messages, before the next one is taken.
      case always
      /// Every so many seconds.
      case interval
      /// Whenever the operating system likes.
      case none
      /// There is no journal.
      case off
    }

    public var sync = Sync.interval
    public var intervalSeconds = 0.1
    public var segmentBytes = 64 << 20
    /// Of segments that a checkpoint covers already.
    public var keepBytes = 0
    /// Of messages that a slow disk has not taken yet.
    public var bufferBytes = 64 << 20
    /// Whether a start goes on past damage.
    public var pastDamage = false
  }

  public enum LogFormat: String, Sendable, CaseIterable {
    case text, json
  }

  public enum LogLevel: String, Sendable, CaseIterable {
    case debug, info, notice, warning, error
  }

  public var ingest = Ingest()
  public var features = FeatureSettings()
  /// What the fields of JSON records are for.
  public var json = JSONFields()
  public var learner = LearnerConfiguration()
  public var limits = SampleLimits()
  /// What is kept of samples whose targets come later.
  public var delayed = DelayedSamples.Bounds()
  public var publishBind = [DefaultEndpoints.publish]
  public var publishEvery = Cadence(samples: 10_000, seconds: 1)
  /// Events about rejected messages a second, at most.
  public var rejectsPerSecond = 1
  public var queryBind = [DefaultEndpoints.query]
  /// Where checkpoints and the journal live.
  public var stateDirectory = CheckpointStore.defaultDirectory
  public var checkpointEvery = Cadence(samples: 1_000_000, seconds: 30)
  /// Which checkpoints are kept.
  public var checkpointRetention = Retention()
  /// Of each checkpoint, so many of the heaviest coefficients are in the catalog; 0: there is none.
  public var catalogCoefficients = CatalogKeeper.defaultLimit
  public var journal = Journal()
  /// For how long, at most, what was received is still learned after a signal to stop. Seconds.
  public var drainSeconds = 5.0
  public var logLevel = LogLevel.info
  public var logFormat = LogFormat.text

  public init() {}

  /// Where the journal lives.
  var journalDirectory: String { ModelStore.Journal.directory(in: stateDirectory) }

  /// Those that decide what messages make of the model.
  public var learning: LearningSettings {
    LearningSettings(
      learner: learner, features: features, json: json, limits: limits, delayed: delayed, format: ingest.format)
  }
}
