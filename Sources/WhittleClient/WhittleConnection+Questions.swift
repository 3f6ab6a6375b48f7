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
  /// - Parameter binary: whether the numbers come as they are in memory and not as text, which is faster where they are many.
  /// - Throws: see `ask`.
  public func predict(
    samples: [JSONValue], binary: Bool = false, timeout: Duration? = nil
  ) async throws(ClientError) -> Predictions {
    try await ask(.predict(PredictQuestion(.several(samples), binary: binary)), timeout: timeout) {
      (answer: BinaryPredictions, buffers) throws(BinaryArrays.Mistake) in try Predictions(answer, buffers)
    }
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
    try await coefficients(CoefficientsQuestion(names: names, top: top), timeout: timeout)
  }

  /// Coefficients in any way that they can be asked for: by a pattern, only the active ones, a part at a time, or as the
  /// numbers are in memory and not as text, which is faster where they are many.
  ///
  /// - Throws: see `ask`; `refused` with `unknownCursor` for a part that is not kept any more.
  public func coefficients(
    _ question: CoefficientsQuestion, timeout: Duration? = nil
  ) async throws(ClientError) -> Coefficients {
    try await ask(.coefficients(question), timeout: timeout) {
      (answer: BinaryCoefficients, buffers) throws(BinaryArrays.Mistake) in try Coefficients(answer, buffers)
    }
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

  /// Has the daemon read its configuration again.
  ///
  /// - Throws: see `ask`; `refused` where something is wrong with the configuration, and the one before still holds;
  ///   `interrupted` where the connection breaks.
  public func reload(timeout: Duration? = nil) async throws(ClientError) -> SettingsReloaded {
    try await ask(.reload, timeout: timeout)
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
    try success(try await frames(request, timeout))
  }

  /// As `ask`, for an answer that may be in binary form; buffers follow it then.
  private func ask<Body: Codable & Sendable, Head: Codable & Sendable>(
    _ request: QueryRequest, timeout: Duration?,
    binary: (Head, [[UInt8]]) throws(BinaryArrays.Mistake) -> Body
  ) async throws(ClientError) -> Body {
    let answer = try await frames(request, timeout)
    if answer.count == 1 { return try success(answer) }
    let head: Head = try success(answer)
    do throws(BinaryArrays.Mistake) {
      return try binary(head, Array(answer.dropFirst()))
    } catch {
      throw .malformed(endpoint: endpoints.query, reason: error.description)
    }
  }

  private func frames(_ request: QueryRequest, _ timeout: Duration?) async throws(ClientError) -> [[UInt8]] {
    try await exchange(
      [try WireJSON.encode(request)], over: .query, isRepeatable: request.isRepeatable, timeout: timeout)
  }

  private func success<Body: Codable & Sendable>(_ answer: [[UInt8]]) throws(ClientError) -> Body {
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
