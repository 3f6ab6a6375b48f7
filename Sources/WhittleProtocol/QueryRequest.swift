/// A question to the daemon, one JSON object: `{"op": "coefficients", "top": 10}`.
///
/// A new operation is a case here and in `Operation`, and a `QueryQuestion` where it has fields.
public enum QueryRequest: Codable, Sendable, Equatable {
  /// What samples are predicted to be.
  case predict(PredictQuestion)
  /// What a sample's prediction is the sum of.
  case explain(ExplainQuestion)
  /// Coefficients, all or some.
  case coefficients(CoefficientsQuestion)
  case stats
  /// Writes a checkpoint now and answers when it is safely on disk.
  case checkpoint
  /// Every setting, its value, and where it came from.
  case configuration
  /// Changes hyperparameters from here on.
  case set(SetQuestion)
  /// Begins a new model.
  case reset
  /// Reads the configuration again.
  case reload

  /// The value of `"op"`.
  public enum Operation: String, CaseIterable, Sendable {
    case predict, explain, coefficients, stats, checkpoint, configuration, set, reset, reload

    /// Whether it changes the model or the daemon.
    public var isAdministrative: Bool {
      switch self {
      case .predict, .explain, .coefficients, .stats, .configuration: false
      case .checkpoint, .set, .reset, .reload: true
      }
    }

    /// What it may be asked with, besides `op` and `protocol`.
    var fields: [String] {
      switch self {
      case .predict: PredictQuestion.fields
      case .explain: ExplainQuestion.fields
      case .coefficients: CoefficientsQuestion.fields
      case .set: SetQuestion.fields
      case .stats, .checkpoint, .configuration, .reset, .reload: []
      }
    }

    fileprivate func request(_ fields: QueryFields) throws(QueryFailure) -> QueryRequest {
      switch self {
      case .predict: .predict(try PredictQuestion(fields))
      case .explain: .explain(try ExplainQuestion(fields))
      case .coefficients: .coefficients(try CoefficientsQuestion(fields))
      case .stats: .stats
      case .checkpoint: .checkpoint
      case .configuration: .configuration
      case .set: .set(try SetQuestion(fields))
      case .reset: .reset
      case .reload: .reload
      }
    }
  }

  private var parts: (operation: Operation, question: (any QueryQuestion)?) {
    switch self {
    case .predict(let question): (.predict, question)
    case .explain(let question): (.explain, question)
    case .coefficients(let question): (.coefficients, question)
    case .stats: (.stats, nil)
    case .checkpoint: (.checkpoint, nil)
    case .configuration: (.configuration, nil)
    case .set(let question): (.set, question)
    case .reset: (.reset, nil)
    case .reload: (.reload, nil)
    }
  }

  public var operation: Operation { parts.operation }

  /// - Throws: `QueryFailure`, which says what was wrong and names what is known.
  public init(from decoder: any Decoder) throws {
    let fields = try QueryFields(decoder)
    let known = Operation.allCases.map(\.rawValue).joined(separator: ", ")
    guard fields.contains("op") else {
      throw QueryFailure(.badRequest, "the request has no \"op\"; known operations: \(known)")
    }
    guard let name = fields.value("op", as: String.self) else {
      throw QueryFailure(.badRequest, "\"op\" must be a string; known operations: \(known)")
    }
    try fields.checkProtocol()
    guard let operation = Operation(rawValue: name) else {
      throw QueryFailure(.unknownOperation, "there is no operation \"\(name)\"; known operations: \(known)")
    }
    try fields.check(known: operation.fields, of: name)
    self = try operation.request(fields)
  }

  public func encode(to encoder: any Encoder) throws {
    let (operation, question) = parts
    var fields = WrittenQueryFields(encoder)
    try fields.write("op", operation.rawValue)
    try fields.write("protocol", QueryProtocol.version)
    try question?.write(to: &fields)
  }

  // MARK: As they are mostly asked

  /// What one sample is predicted to be.
  ///
  /// - Parameter x: an object by name or an array by position.
  public static func predict(x: JSONValue) -> QueryRequest { .predict(PredictQuestion(.one(x))) }

  /// What a sample's prediction is the sum of.
  ///
  /// - Parameter x: an object by name or an array by position.
  public static func explain(x: JSONValue) -> QueryRequest { .explain(ExplainQuestion(x: x)) }

  /// Coefficients: all, those of `names`, or the `top` heaviest.
  public static func coefficients(names: [String]?, top: Int?) -> QueryRequest {
    .coefficients(CoefficientsQuestion(names: names, top: top))
  }
}
