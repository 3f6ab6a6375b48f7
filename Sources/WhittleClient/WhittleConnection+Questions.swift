public import WhittleProtocol

extension WhittleConnection {
  /// The prediction for a sample, which is not learned.
  ///
  /// - Parameters:
  ///   - x: an object by name or an array by position.
  ///   - timeout: how long it may take, connecting included; nil for the connection's limit.
  /// - Throws: see `ask`.
  public func predict(x: JSONValue, timeout: Duration? = nil) async throws(ClientError) -> Prediction {
    try await ask(.predict(PredictQuestion(.one(x))), timeout: timeout)
  }

  /// The predictions for samples, all by the model as of one step. None is learned.
  ///
  /// - Throws: see `ask`.
  public func predict(samples: [JSONValue], timeout: Duration? = nil) async throws(ClientError) -> Predictions {
    try await ask(.predict(PredictQuestion(.several(samples))), timeout: timeout)
  }

  /// A sample's prediction as the sum of what its features contribute to it.
  ///
  /// - Parameter x: an object by name or an array by position.
  /// - Throws: see `ask`.
  public func explain(x: JSONValue, timeout: Duration? = nil) async throws(ClientError) -> Explanation {
    try await ask(.explain(ExplainQuestion(x: x)), timeout: timeout)
  }

  /// Coefficients: all, those of `names`, or the `top` heaviest.
  ///
  /// - Throws: see `ask`; giving both `names` and `top` is refused.
  public func coefficients(
    names: [String]? = nil, top: Int? = nil, timeout: Duration? = nil
  ) async throws(ClientError) -> Coefficients {
    try await ask(.coefficients(CoefficientsQuestion(names: names, top: top)), timeout: timeout)
  }

  /// How the model and its stream are doing.
  ///
  /// - Throws: see `ask`.
  public func stats(timeout: Duration? = nil) async throws(ClientError) -> Stats {
    try await ask(.stats, timeout: timeout)
  }

  /// Has a checkpoint written, and returns when it is safely on disk.
  ///
  /// - Throws: see `ask`; `interrupted` where the connection breaks.
  public func checkpoint(timeout: Duration? = nil) async throws(ClientError) -> CheckpointWritten {
    try await ask(.checkpoint, timeout: timeout)
  }

  /// Every setting of the daemon, its value, and where it came from.
  ///
  /// - Throws: see `ask`.
  public func configuration(timeout: Duration? = nil) async throws(ClientError) -> ConfigurationReport {
    try await ask(.configuration, timeout: timeout)
  }

  /// Sets hyperparameters from the next sample on, and over restarts; null for what the configuration says.
  ///
  /// - Parameter values: by their keys in the configuration, as `penalty.l1`: numbers or words.
  /// - Throws: see `ask`; `interrupted` where the connection breaks.
  public func set(_ values: [String: JSONValue], timeout: Duration? = nil) async throws(ClientError) -> SettingsChanged
  {
    try await ask(.set(SetQuestion(values: values)), timeout: timeout)
  }

  /// Begins a new model; what was learned is no more, except in checkpoints.
  ///
  /// - Throws: see `ask`; `interrupted` where the connection breaks.
  public func reset(timeout: Duration? = nil) async throws(ClientError) -> ModelReset {
    try await ask(.reset, timeout: timeout)
  }

  /// Asks a question and waits for its answer, beside any number of others.
  ///
  /// - Parameters:
  ///   - body: the type of the answer that belongs to the question, which the functions above know.
  ///   - timeout: how long it may take, connecting included; nil for the connection's limit.
  /// - Throws: `unreachable` and `noAnswer` at the time limit, `refused` with the daemon's own words, `interrupted` where
  ///   the connection breaks and the question may not be repeated, `cancelled`, `closed`, `malformed` when the answer is
  ///   not one, `unsendable` when a number is not finite, `unusableEndpoint`, `failed` when libzmq fails.
  public func ask<Body: Codable & Sendable>(
    _ request: QueryRequest, as body: Body.Type = Body.self, timeout: Duration? = nil
  ) async throws(ClientError) -> Body {
    let answer = try await exchange(
      [try WireJSON.encode(request)], over: .query, isRepeatable: request.isRepeatable, timeout: timeout)
    switch try WireJSON.decode(QueryReply<Body>.self, from: answer[0], of: endpoints.query) {
    case .success(let body): return body
    case .failure(let failure): throw .refused(failure)
    }
  }
}

extension QueryRequest {
  /// Whether the daemon is the same after it has carried this out once or twice. What is not known to be so is not.
  var isRepeatable: Bool {
    switch operation {
    case .predict, .explain, .coefficients, .stats, .configuration: true
    default: false
    }
  }
}
