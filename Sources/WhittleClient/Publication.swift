public import WhittleProtocol

/// One message that the daemon published, or what it answered when it was asked for the same.
public struct Publication: Sendable, Equatable {
  public enum Content: Sendable, Equatable {
    /// All that the daemon publishes of them, also where only what changed was sent.
    case coefficients(Coefficients)
    case stats(Stats)
    case event(Event)

    fileprivate var topic: Topic {
      switch self {
      case .coefficients: .coefficients
      case .stats: .stats
      case .event: .event
      }
    }
  }

  public var content: Content
  /// What the message came under.
  public var topic: Topic
  /// Nil where it was asked for.
  public var mark: PublicationMark?
  /// How many publications on this topic were missed between the one before and this one.
  public var missedBefore: UInt64

  /// - Parameter topic: what it came under; nil for the topic of its content.
  public init(
    _ content: Content, topic: Topic? = nil, mark: PublicationMark? = nil, missedBefore: UInt64 = 0
  ) {
    self.content = content
    self.topic = topic ?? content.topic
    self.mark = mark
    self.missedBefore = missedBefore
  }
}

extension Publication: Encodable {
  private enum Key: String, CodingKey {
    case topic
    case missedBefore = "missed_before"
  }

  /// One object: the content's own fields, `"topic"`, the mark, and `"missed_before"` where something was missed.
  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(topic.rawValue, forKey: .topic)
    if missedBefore > 0 { try object.encode(missedBefore, forKey: .missedBefore) }
    try mark?.encode(to: encoder)
    switch content {
    case .coefficients(let coefficients): try coefficients.encode(to: encoder)
    case .stats(let stats): try stats.encode(to: encoder)
    case .event(let event): try event.encode(to: encoder)
    }
  }
}
