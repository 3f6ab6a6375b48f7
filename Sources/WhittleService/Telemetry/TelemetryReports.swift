/// How the stream went since the daemon started, at most 1,000 moments: parallel arrays, the oldest first.
public struct HistoryReport: Codable, Sendable, Equatable {
  /// Seconds since 1970.
  public var time: [Double] = []
  public var step: [UInt64] = []
  public var samplesPerSecond: [Double] = []
  /// Mean losses; nil before the first sample, and where they are beyond all numbers.
  public var lossOverall: [Double?] = []
  public var lossRecent: [Double?] = []
  /// Over the recent past, as `lossRecent`.
  public var bestConstantLoss: [Double?] = []
  public var activeSet: [Int] = []
  public var features: [Int] = []
  public var sparsity: [Double] = []

  enum CodingKeys: String, CodingKey {
    case time, step, features, sparsity
    case samplesPerSecond = "samples_per_second"
    case lossOverall = "loss_overall"
    case lossRecent = "loss_recent"
    case bestConstantLoss = "best_constant_loss"
    case activeSet = "active_set"
  }
}

/// The coefficients of the features that are, or were longest, among the heaviest, over time: at most 50 features and 500
/// moments, the oldest moment first.
public struct PathReport: Codable, Sendable, Equatable {
  /// Seconds since 1970.
  public var time: [Double]
  public var step: [UInt64]
  /// The heaviest at the newest moment first.
  public var names: [String]
  /// For each name one a moment; nil where nothing is known.
  public var coefficients: [[Float?]]
}

/// A checkpoint that was written, or that the daemon started from.
public struct CheckpointReport: Codable, Sendable, Equatable {
  /// When it was written, in seconds since 1970.
  public var time: Double
  public var step: UInt64
  public var file: String
  /// Nil for one that was there when the daemon started.
  public var bytes: Int?
  /// How long writing it took.
  public var seconds: Double?
}

/// Something to be told at once to whoever listens.
public struct LiveMessage: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case stats, coefficients, event
  }

  /// Grows from message to message, also from one start of the daemon to the next.
  public let id: UInt64
  /// Nil where there is nothing new, and only the connection is kept alive.
  public let kind: Kind?
  /// One line of JSON.
  public let json: [UInt8]

  static let pause = LiveMessage(id: 0, kind: nil, json: [])
}
