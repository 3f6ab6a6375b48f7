/// A question to the daemon, one JSON object: `{"op": "coefficients", "top": 10}`.
public enum QueryRequest: Codable, Sendable, Equatable {
  /// The prediction for a sample: `"x"` as in a sample, an object by name or an array by position.
  case predict(x: JSONValue)
  /// Coefficients: all, those of `names`, or the `top` heaviest.
  case coefficients(names: [String]?, top: Int?)
  case stats
  /// Writes a checkpoint now and answers when it is safely on disk.
  case checkpoint
  /// Every setting, its value, and where it came from.
  case configuration

  /// The value of `"op"`.
  public enum Operation: String, CaseIterable, Sendable {
    case predict, coefficients, stats, checkpoint, configuration

    var fields: [String] {
      switch self {
      case .predict: ["x"]
      case .coefficients: ["names", "top"]
      case .stats, .checkpoint, .configuration: []
      }
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// - Throws: `QueryFailure`, which says what was wrong and names what is known.
  public init(from decoder: any Decoder) throws {
    guard let request = try? decoder.container(keyedBy: Key.self) else {
      throw QueryFailure(.badRequest, "a request is a JSON object such as {\"op\": \"stats\"}")
    }
    let known = Operation.allCases.map(\.rawValue).joined(separator: ", ")
    guard request.contains(Key("op")) else {
      throw QueryFailure(.badRequest, "the request has no \"op\"; known operations: \(known)")
    }
    guard let name = try? request.decode(String.self, forKey: Key("op")) else {
      throw QueryFailure(.badRequest, "\"op\" must be a string; known operations: \(known)")
    }
    guard let operation = Operation(rawValue: name) else {
      throw QueryFailure(.unknownOperation, "there is no operation \"\(name)\"; known operations: \(known)")
    }
    let fields = operation.fields
    for key in request.allKeys where key.stringValue != "op" && !fields.contains(key.stringValue) {
      let takes = fields.isEmpty ? "none besides \"op\"" : fields.joined(separator: ", ")
      throw QueryFailure(
        .unknownField, "\"\(name)\" has no field \"\(key.stringValue)\"; known fields: \(takes)")
    }
    switch operation {
    case .predict:
      switch try? request.decode(JSONValue.self, forKey: Key("x")) {
      case .object(let features): self = .predict(x: .object(features))
      case .array(let values): self = .predict(x: .array(values))
      default:
        throw QueryFailure(.badRequest, "\"predict\" needs \"x\": an object by name or an array by position")
      }
    case .coefficients:
      var names: [String]?
      var top: Int?
      if request.contains(Key("names")) {
        names = try? request.decode([String].self, forKey: Key("names"))
        if names == nil { throw QueryFailure(.badRequest, "\"names\" must be an array of strings") }
      }
      if request.contains(Key("top")) {
        top = try? request.decode(Int.self, forKey: Key("top"))
        guard let top, top >= 0 else {
          throw QueryFailure(.badRequest, "\"top\" must be a whole number of at least 0")
        }
      }
      if names != nil && top != nil {
        throw QueryFailure(.badRequest, "\"names\" and \"top\" exclude each other")
      }
      self = .coefficients(names: names, top: top)
    case .stats: self = .stats
    case .checkpoint: self = .checkpoint
    case .configuration: self = .configuration
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var request = encoder.container(keyedBy: Key.self)
    func op(_ operation: Operation) throws { try request.encode(operation.rawValue, forKey: Key("op")) }
    switch self {
    case .predict(let x):
      try op(.predict)
      try request.encode(x, forKey: Key("x"))
    case .coefficients(let names, let top):
      try op(.coefficients)
      try request.encodeIfPresent(names, forKey: Key("names"))
      try request.encodeIfPresent(top, forKey: Key("top"))
    case .stats: try op(.stats)
    case .checkpoint: try op(.checkpoint)
    case .configuration: try op(.configuration)
    }
  }
}
