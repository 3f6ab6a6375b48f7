/// A refused or failed question: `{"ok": false, "error": {"code": …, "message": …}}`.
public struct QueryFailure: ReplyFailure, Equatable, CustomStringConvertible {
  public static let protocolVersion: Int? = QueryProtocol.version

  public enum Code: String, Codable, Sendable {
    case badRequest = "bad_request"
    /// The request names a version of the protocol that is not spoken here.
    case unsupportedProtocol = "unsupported_protocol"
    case unknownOperation = "unknown_operation"
    case unknownField = "unknown_field"
    /// A feature that the model does not know was asked for by name.
    case unknownFeature = "unknown_feature"
    /// The rest of an answer is not kept any more, or never was.
    case unknownCursor = "unknown_cursor"
    /// Large questions take all the memory that they may while they wait.
    case busy
    /// There is no setting of that name that can be set.
    case unknownSetting = "unknown_setting"
    /// A setting takes no such value, or not together with others.
    case badValue = "bad_value"
    /// The client's key is not listed for this operation.
    case forbidden
    case checkpointFailed = "checkpoint_failed"
    /// The configuration was read again, and something is wrong with it; the one before still holds.
    case badConfiguration = "bad_configuration"
    /// The daemon is stopping and answers no more.
    case stopping
    /// The daemon could not put its answer into words; its log says more.
    case `internal`
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { "\(message) (\(code.rawValue))" }
}

/// What the daemon answers to a question.
public typealias QueryReply<Body: Codable & Sendable> = Reply<Body, QueryFailure>

/// What an answer says that is a refusal.
public protocol ReplyFailure: Error, Codable {
  /// The version that all answers name which may be such a refusal; nil for none.
  static var protocolVersion: Int? { get }
}

/// What the daemon answers: `{"ok": true, …}` with the fields of `Body`, or `{"ok": false, "error": …}`.
public enum Reply<Body: Codable & Sendable, Failure: ReplyFailure>: Codable, Sendable {
  case success(Body)
  case failure(Failure)

  private enum Key: String, CodingKey { case ok, error, `protocol` }

  public init(from decoder: any Decoder) throws {
    let reply = try decoder.container(keyedBy: Key.self)
    if Failure.protocolVersion == nil, reply.contains(.protocol) {
      throw DecodingError.dataCorruptedError(
        forKey: .protocol, in: reply, debugDescription: "it is the answer to a question, and no question was asked")
    }
    if try reply.decode(Bool.self, forKey: .ok) {
      self = .success(try Body(from: decoder))
    } else {
      self = .failure(try reply.decode(Failure.self, forKey: .error))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var reply = encoder.container(keyedBy: Key.self)
    try reply.encodeIfPresent(Failure.protocolVersion, forKey: .protocol)
    switch self {
    case .success(let body):
      try reply.encode(true, forKey: .ok)
      try body.encode(to: encoder)
    case .failure(let failure):
      try reply.encode(false, forKey: .ok)
      try reply.encode(failure, forKey: .error)
    }
  }
}

/// The answer to `predict`.
public struct Prediction: Codable, Sendable, Equatable {
  public var step: UInt64
  /// The predicted target; for logistic loss the probability of class 1.
  public var prediction: Double
  /// b + w·x.
  public var margin: Double
  /// How many of the sample's features the model does not know; they count as zero.
  public var unknownFeatures: Int

  public init(step: UInt64, prediction: Double, margin: Double, unknownFeatures: Int) {
    self.step = step
    self.prediction = prediction
    self.margin = margin
    self.unknownFeatures = unknownFeatures
  }

  enum CodingKeys: String, CodingKey {
    case step, prediction, margin
    case unknownFeatures = "unknown_features"
  }
}

/// The answer to `checkpoint`: what is now safely on disk.
public struct CheckpointWritten: Codable, Sendable, Equatable {
  public var step: UInt64
  public var file: String
  public var bytes: Int
  public var seconds: Double

  public init(step: UInt64, file: String, bytes: Int, seconds: Double) {
    self.step = step
    self.file = file
    self.bytes = bytes
    self.seconds = seconds
  }
}

/// The answer to `configuration`.
public struct ConfigurationReport: Codable, Sendable, Equatable {
  /// Every setting by its key, for example `penalty.l1`.
  public var configuration: [String: JSONValue]
  /// Where each value came from: `default`, `file`, `environment` or `flag`.
  public var origins: [String: String]
  /// The endpoints in use, with the ports that `*` stood for, by setting.
  public var endpoints: [String: [String]]
  public var version: String
  /// The directory that relative paths among the settings start from; nil where the daemon does not tell.
  public var workingDirectory: String?

  public init(
    configuration: [String: JSONValue], origins: [String: String], endpoints: [String: [String]], version: String,
    workingDirectory: String? = nil
  ) {
    self.configuration = configuration
    self.origins = origins
    self.endpoints = endpoints
    self.version = version
    self.workingDirectory = workingDirectory
  }

  enum CodingKeys: String, CodingKey {
    case configuration, origins, endpoints, version
    case workingDirectory = "working_directory"
  }
}
