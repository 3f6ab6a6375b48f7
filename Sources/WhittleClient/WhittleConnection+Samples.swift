public import WhittleProtocol

extension WhittleConnection {
  /// Sends samples in one message to the daemon's PULL socket. Where nobody takes it, or too many are queued, waits.
  ///
  /// What was sent is on its way, and nobody says when it is learned: `learn` does.
  ///
  /// - Parameter timeout: how long the message may wait; nil for the connection's limit.
  /// - Throws: `notTaken` at the time limit, `cancelled` or `closed` before it was taken, and then it is not sent;
  ///   `unsendable` when a number is not finite, `unusableEndpoint`, `failed` when libzmq fails.
  public func send(_ samples: Sample..., timeout: Duration? = nil) async throws(ClientError) {
    try await send(samples, timeout: timeout)
  }

  /// The same for an array of samples.
  public func send(_ samples: [Sample], timeout: Duration? = nil) async throws(ClientError) {
    try await send(payload: try WireJSON.encode(samples), timeout: timeout)
  }

  /// The same for a payload in any of the daemon's formats: JSON, Vowpal Wabbit text, svmlight.
  public func send(payload: [UInt8], timeout: Duration? = nil) async throws(ClientError) {
    _ = try await exchange([payload], over: .push, isRepeatable: false, timeout: timeout)
  }

  /// Sends samples in one message to the daemon's ROUTER socket, and waits until it has learned them.
  ///
  /// - Parameters:
  ///   - number: the message's number in a stream of its own. A numbered message is learned once, however often it is
  ///     sent: it is sent again when the connection breaks, and can be after every error.
  ///   - timeout: how long it may take, connecting included; nil for the connection's limit.
  /// - Throws: `rejected` with what is wrong with the samples, none of which is learned then; `unreachable` at the time
  ///   limit, when they were not sent; `noAnswer`, `interrupted`, `cancelled` and `closed` when they may have been learned
  ///   or not; `malformed` when the answer is not one, `unsendable` when a number is not finite, `unusableEndpoint`,
  ///   `failed` when libzmq fails.
  public func learn(
    _ samples: Sample..., number: MessageNumber? = nil, timeout: Duration? = nil
  ) async throws(ClientError) -> Acknowledgement {
    try await learn(samples, number: number, timeout: timeout)
  }

  /// The same for an array of samples.
  public func learn(
    _ samples: [Sample], number: MessageNumber? = nil, timeout: Duration? = nil
  ) async throws(ClientError) -> Acknowledgement {
    try await learn(payload: try WireJSON.encode(samples), number: number, timeout: timeout)
  }

  /// The same for a payload in any of the daemon's formats.
  public func learn(
    payload: [UInt8], number: MessageNumber? = nil, timeout: Duration? = nil
  ) async throws(ClientError) -> Acknowledgement {
    let frames = try number.map { number throws(ClientError) in [try WireJSON.encode(number), payload] } ?? [payload]
    let answer = try await exchange(frames, over: .router, isRepeatable: number != nil, timeout: timeout)
    switch try WireJSON.decode(IngestReply.self, from: answer[0], of: endpoints.router) {
    case .success(let acknowledgement): return acknowledgement
    case .failure(let failure): throw .rejected(failure)
    }
  }
}

/// The place of a message in a stream of messages, by which the daemon tells that it has learned it already.
public struct MessageNumber: Encodable, Sendable, Equatable {
  /// What the stream is called, not empty. No other stream may be called so.
  public var source: String
  /// Larger than those of all messages before it; at least 1.
  public var seq: UInt64
  /// The number of the message that it follows, 0 for none: the daemon takes it only after that one. Nil: in any case.
  public var previous: UInt64?

  public init(source: String, seq: UInt64, previous: UInt64? = nil) {
    self.source = source
    self.seq = seq
    self.previous = previous
  }
}
