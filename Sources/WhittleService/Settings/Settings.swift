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

  /// What subscribers are told of besides what goes wrong.
  public struct Events: Sendable, Equatable {
    /// Looks in a row after which a feature has entered the active set, or left it; 0 for no events about it.
    public var enteredAfter = 3
    public var leftAfter = 16
    /// What watches over the loss.
    public var drift = Drift.both
    /// δ of ADWIN.
    public var driftDelta = 0.002
    /// k of Page and Hinkley.
    public var driftThreshold = 25.0
  }

  /// What tells that the loss has risen for good.
  public enum Drift: String, Sendable, CaseIterable {
    case both, adwin
    case pageHinkley = "page_hinkley"
    case off
  }

  /// How coefficients are published.
  public struct Publishing: Sendable, Equatable {
    public enum Form: String, Sendable, CaseIterable {
      /// All that are not zero.
      case full
      /// The heaviest.
      case top
      /// Those that are others than before, and now and then all.
      case delta
    }

    /// Whether names and values are buffers behind the JSON.
    public enum Arrays: String, Sendable, CaseIterable {
      case never
      /// Where there are many.
      case auto
      case always
    }

    public var form = Form.full
    /// How many are the heaviest.
    public var top = 100
    /// After so many deltas all are published.
    public var fullEvery = 100
    public var arrays = Arrays.never
    /// Messages that are held for each subscriber that does not take them.
    public var sendHighWaterMark = 20
  }

  /// Who may connect, and how many.
  public struct Security: Sendable, Equatable {
    /// Where a list of clients' public keys is.
    public enum KeyList: Sendable, Equatable {
      /// Nobody is listed.
      case none
      /// Everybody is who knows the daemon's public key.
      case any
      /// A file, or a directory of files.
      case file(String)
    }

    /// The file of the daemon's secret key; nil: nothing is encrypted, and nobody is asked for a key.
    public var serverKey: String?
    public var ingestKeys = KeyList.none
    public var queryKeys = KeyList.none
    public var publishKeys = KeyList.none
    public var adminKeys = KeyList.none
    /// The file of keys that peers have to which the daemon connects, where they ask for keys themselves.
    public var connectKeys: String?
    /// Whether endpoints that others reach may do without keys.
    public var allowPlain = false
    /// Of the files of `ipc://` endpoints.
    public var ipcMode: UInt32 = 0o660
    /// Nil for the group that the process makes files with.
    public var ipcGroup: String?
    /// How long a peer may take to say how it speaks.
    public var handshakeSeconds = 10.0
    /// How many connections each socket may have.
    public var connections = 4096

    func list(of role: KeyRole) -> KeyList {
      switch role {
      case .ingest: ingestKeys
      case .query: queryKeys
      case .publish: publishKeys
      case .admin: adminKeys
      }
    }
  }

  public enum LogFormat: String, Sendable, CaseIterable {
    /// For systemd's journal where standard error leads there, else `text`.
    case auto
    case text, json
  }

  public enum LogLevel: String, Sendable, CaseIterable {
    case debug, info, notice, warning, error
  }

  /// Who may ask over HTTP.
  public struct HTTPAccess: Sendable, Equatable {
    /// The file of the token that whoever asks over TCP has to show; nil: none is asked for.
    public var tokenFile: String?
    /// Of Unix sockets: the mode, and the group where it is another than the daemon's.
    public var socketMode: UInt32 = 0o660
    public var socketGroup: String?
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
  public var publishEvery = Cadence(samples: 0, seconds: 1)
  public var publishing = Publishing()
  /// Events about rejected messages a second, at most.
  public var rejectsPerSecond = 1
  public var events = Events()
  public var queryBind = [DefaultEndpoints.query]
  /// Where the page, the metrics and their like are; none: nowhere.
  public var httpBind = [DefaultEndpoints.http]
  /// Who may ask there.
  public var httpAccess = HTTPAccess()
  /// Where checkpoints and the journal live.
  public var stateDirectory = CheckpointStore.defaultDirectory
  public var checkpointEvery = Cadence(samples: 1_000_000, seconds: 30)
  /// Which checkpoints are kept.
  public var checkpointRetention = Retention()
  /// Of each checkpoint, so many of the heaviest coefficients are in the catalog; 0: there is none.
  public var catalogCoefficients = CatalogKeeper.defaultLimit
  public var journal = Journal()
  public var security = Security()
  /// For how long, at most, what was received is still learned after a signal to stop. Seconds.
  public var drainSeconds = 5.0
  public var logLevel = LogLevel.info
  public var logFormat = LogFormat.auto

  public init() {}

  /// Where the journal lives.
  var journalDirectory: String { ModelStore.Journal.directory(in: stateDirectory) }

  /// Those that decide what messages make of the model.
  public var learning: LearningSettings {
    LearningSettings(
      learner: learner, features: features, json: json, limits: limits, delayed: delayed, format: ingest.format)
  }
}
