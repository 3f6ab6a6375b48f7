public import WhittleProtocol

/// One message that the daemon published.
public enum Publication: Encodable, Sendable, Equatable {
  case coefficients(Coefficients)
  case stats(Stats)
  case event(Event)

  public var topic: Topic {
    switch self {
    case .coefficients: .coefficients
    case .stats: .stats
    case .event: .event
    }
  }

  private enum Key: String, CodingKey { case topic }

  /// One object: the payload's own fields, and `"topic"`.
  public func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    try object.encode(topic.rawValue, forKey: .topic)
    switch self {
    case .coefficients(let coefficients): try coefficients.encode(to: encoder)
    case .stats(let stats): try stats.encode(to: encoder)
    case .event(let event): try event.encode(to: encoder)
    }
  }
}
