public import WhittleProtocol
internal import ZeroMQ

/// Asks one daemon, one question at a time, and waits for the answer.
///
/// Threading contract: a client is created, used and dropped on one thread. After an error, a timeout too, it can be
/// asked again; a late answer to an earlier question is never taken for the answer to a new one.
public final class QueryClient {
  public let endpoint: String
  /// How long one question may take in all, connecting included.
  public let milliseconds: Int
  private let keys: ClientKeys?
  private let context: Context
  private var socket: Socket?

  /// Does not connect yet; the first question does.
  ///
  /// - Parameters:
  ///   - milliseconds: how long one question may take in all, connecting included; at least 1.
  ///   - keys: for a daemon that asks for them.
  /// - Throws: `ClientError.failed` when the process is out of memory or descriptors.
  public init(endpoint: String = DefaultEndpoints.query, milliseconds: Int = 5000, keys: ClientKeys? = nil)
    throws(ClientError)
  {
    self.endpoint = endpoint
    self.keys = keys
    self.milliseconds = max(milliseconds, 1)
    do {
      context = try Context()
    } catch {
      throw .failed(reason: "\(error)")
    }
  }

  /// The prediction for a sample, which is not learned.
  ///
  /// - Parameter x: an object by name or an array by position.
  /// - Throws: see `ask`.
  public func predict(x: JSONValue) throws(ClientError) -> Prediction {
    try ask(.predict(x: x))
  }

  /// What a sample's prediction is the sum of; it is not learned.
  ///
  /// - Parameter x: an object by name or an array by position.
  /// - Throws: see `ask`.
  public func explain(x: JSONValue) throws(ClientError) -> Explanation {
    try ask(.explain(x: x))
  }

  /// Coefficients: all, those of `names`, or the `top` heaviest.
  ///
  /// - Throws: see `ask`; giving both `names` and `top` is refused.
  public func coefficients(names: [String]? = nil, top: Int? = nil) throws(ClientError) -> Coefficients {
    try coefficients(CoefficientsQuestion(names: names, top: top))
  }

  /// Coefficients, all or some.
  ///
  /// - Parameter question: one that asks for no binary answer.
  /// - Throws: see `ask`.
  public func coefficients(_ question: CoefficientsQuestion) throws(ClientError) -> Coefficients {
    try ask(.coefficients(question))
  }

  /// How the model and its stream are doing.
  ///
  /// - Throws: see `ask`.
  public func stats() throws(ClientError) -> Stats {
    try ask(.stats)
  }

  /// Has a checkpoint written, and returns when it is safely on disk.
  ///
  /// - Throws: see `ask`.
  public func checkpoint() throws(ClientError) -> CheckpointWritten {
    try ask(.checkpoint)
  }

  /// Every setting of the daemon, its value, and where it came from.
  ///
  /// - Throws: see `ask`.
  public func configuration() throws(ClientError) -> ConfigurationReport {
    try ask(.configuration)
  }

  /// Changes hyperparameters from here on; returns when the change is as safe as the journal makes it.
  ///
  /// - Parameter values: by their keys in the configuration, as `penalty.l1`; null for what the configuration says.
  /// - Throws: see `ask`.
  public func set(_ values: [String: JSONValue]) throws(ClientError) -> SettingsChanged {
    try ask(.set(SetQuestion(values: values)))
  }

  /// Begins a new model; returns when that is as safe as the journal makes it.
  ///
  /// - Throws: see `ask`.
  public func reset() throws(ClientError) -> ModelReset { try ask(.reset) }

  /// Has the daemon read its configuration again; returns when what changed is as safe as the journal makes it.
  ///
  /// - Throws: see `ask`; `refused` where something is wrong with the configuration, and the one before still holds.
  public func reload() throws(ClientError) -> SettingsReloaded { try ask(.reload) }

  /// Sends one question and waits for its answer.
  ///
  /// - Throws: `unusableEndpoint`, `unreachable`, `noAnswer`, `refused` with the daemon's own words, `malformed` when
  ///   the answer is not one, `unsendable` when a number is not finite, `failed` when libzmq fails.
  private func ask<Answer: Codable & Sendable>(_ request: QueryRequest) throws(ClientError) -> Answer {
    let question = try WireJSON.encode(request)
    let answer: [UInt8]
    do {
      answer = try exchange(question)
    } catch {
      // The answer may still come: only a socket that goes now cannot hand it to the next question.
      socket = nil
      throw error
    }
    switch try WireJSON.decode(QueryReply<Answer>.self, from: answer, of: endpoint) {
    case .success(let body): return body
    case .failure(let failure): throw .refused(failure)
    }
  }

  private func exchange(_ question: [UInt8]) throws(ClientError) -> [UInt8] {
    let deadline = Deadline(milliseconds: milliseconds)
    let socket = try connected()
    do {
      // An immediate socket takes nothing before the connection is up, which tells the two failures apart.
      try socket.send([question])
    } catch {
      throw error.wouldBlock
        ? .unreachable(endpoint: endpoint, milliseconds: milliseconds) : .failed(reason: "\(error)")
    }
    do {
      try socket.set(.receiveTimeout(deadline.milliseconds))
      // The answer is the last frame: an empty delimiter may stand before it.
      if let answer = try socket.receive()?.last { return answer }
    } catch {
      throw .failed(reason: "\(error)")
    }
    throw .noAnswer(endpoint: endpoint, milliseconds: milliseconds)
  }

  private func connected() throws(ClientError) -> Socket {
    if let socket { return socket }
    do {
      let fresh = try Socket(.dealer, in: context)
      try fresh.set(.linger(0))
      try fresh.set(.immediate(true))
      try fresh.set(.ipv6(true))
      try fresh.set(.sendTimeout(milliseconds))
      try fresh.show(keys)
      try fresh.connect(endpoint)
      socket = fresh
      return fresh
    } catch {
      throw .unusableEndpoint(reason: "\(error)")
    }
  }
}
