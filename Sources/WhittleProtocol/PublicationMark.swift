/// Which publication a message is: in the JSON of each.
public struct PublicationMark: Codable, Sendable, Equatable {
  /// Names the run of the daemon: another one after each start.
  public var epoch: String
  /// 1, 2, 3 … on each topic of an epoch. What comes again has the number that it had; numbers that are left out were missed.
  public var sequence: UInt64

  public init(epoch: String, sequence: UInt64) {
    self.epoch = epoch
    self.sequence = sequence
  }
}

/// A message and its mark, in one JSON object.
public struct Marked<Body: Codable & Sendable>: Codable, Sendable {
  public var mark: PublicationMark
  public var body: Body

  public init(_ mark: PublicationMark, _ body: Body) {
    self.mark = mark
    self.body = body
  }

  public init(from decoder: any Decoder) throws {
    mark = try PublicationMark(from: decoder)
    body = try Body(from: decoder)
  }

  public func encode(to encoder: any Encoder) throws {
    try mark.encode(to: encoder)
    try body.encode(to: encoder)
  }
}

extension Marked: Equatable where Body: Equatable {}
