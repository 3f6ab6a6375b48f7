/// What the daemon answers to a message of samples at its ROUTER socket: `{"ok": true, "samples": 2, "step": 17}`, or
/// `{"ok": false, "error": {"code": …, "message": …, "position": …}}`.
public typealias IngestReply = Reply<Acknowledgement, IngestFailure>

/// The answer to a message that was accepted.
public struct Acknowledgement: Codable, Sendable, Equatable {
  /// How many of its samples were learned.
  public var samples: Int
  /// How many were not to be learned: no target, or an importance weight of 0. Nil where there are none.
  public var unlearned: Int?
  /// How many were left out because their source had numbered them before. Nil where there are none.
  public var duplicates: Int?
  /// The model's clock after the message.
  public var step: UInt64
  /// For each sample in order, learned or not, the prediction made just before it was its turn to be learned, or that
  /// was given out when it came without its target; null for duplicates, and for targets of unknown samples. Nil unless
  /// the daemon's `ingest.router.predict` is on.
  public var predictions: [Double?]?
  /// Where the message is numbered, the highest number that its source has after it: not below the message's own.
  public var last: UInt64?

  public init(
    samples: Int, unlearned: Int? = nil, duplicates: Int? = nil, step: UInt64, predictions: [Double?]? = nil,
    last: UInt64? = nil
  ) {
    self.samples = samples
    self.unlearned = unlearned
    self.duplicates = duplicates
    self.step = step
    self.predictions = predictions
    self.last = last
  }
}

/// Why a message of samples was rejected. None of its samples was learned.
public struct IngestFailure: ReplyFailure, Equatable, CustomStringConvertible {
  public static let protocolVersion: Int? = nil

  /// The reason, as `stats` counts it under `"rejected"`.
  public var code: String
  /// What was wrong, where, and what would be right.
  public var message: String
  /// The offset in the payload of the first byte that is wrong; nil where it is not known.
  public var position: Int?
  /// Where the message is numbered, the highest number of a message of its source that was accepted; 0 where none was. A
  /// sender whose message follows one that is not here goes back to this.
  public var last: UInt64?

  /// The reason that a message has which follows one that is not here.
  public static let sequence = "sequence"

  public init(_ code: String, _ message: String, at position: Int? = nil, last: UInt64? = nil) {
    self.code = code
    self.message = message
    self.position = position
    self.last = last
  }

  public var description: String { "\(message) (\(code))" }
}
