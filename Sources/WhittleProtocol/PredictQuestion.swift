/// What `predict` is asked with: samples that are not learned.
public struct PredictQuestion: QueryQuestion {
  /// The samples, in one of three forms.
  public enum Samples: Sendable, Equatable {
    /// `"x"`: an object by name or an array by position.
    case one(JSONValue)
    /// `"samples"`: any number of them.
    case several([JSONValue])
    /// `"arrays"`: the header of arrays, as in a message of samples; a frame for each of its buffers follows the question.
    case arrays(JSONValue)
  }

  public var samples: Samples
  /// Whether the answer's numbers come as buffers; not of one sample.
  public var binary: Bool

  public init(_ samples: Samples, binary: Bool = false) {
    self.samples = samples
    self.binary = binary
  }

  public static let fields = ["x", "samples", "arrays", "binary"]

  public init(_ fields: QueryFields) throws(QueryFailure) {
    let forms = ["x", "samples", "arrays"].filter { fields.contains($0) }
    guard forms.count == 1 else {
      throw forms.isEmpty
        ? QueryFailure(
          .badRequest,
          "\"predict\" needs \"x\": an object by name or an array by position; or \"samples\": an array of them; or "
            + "\"arrays\": a header, with its buffers in the frames after it")
        : QueryFailure(.badRequest, "\"\(forms[0])\" and \"\(forms[1])\" exclude each other")
    }
    switch forms[0] {
    case "x": samples = .one(try fields.sample("x"))
    case "samples":
      guard !fields.leavesSamples else {
        samples = .several([])
        break
      }
      let given = try fields.optional("samples", [JSONValue].self, "an array of samples: objects or arrays") {
        $0.allSatisfy(\.isSample)
      }
      samples = .several(given ?? [])
    default: samples = .arrays(try fields.optional("arrays", JSONValue.self, "an object", where: \.isObject) ?? .null)
    }
    binary = try fields.flag("binary")
    if binary, case .one = samples {
      throw QueryFailure(.badRequest, "\"binary\" is for \"samples\" and \"arrays\"; one sample's answer is JSON")
    }
  }

  public func write(to fields: inout WrittenQueryFields) throws {
    switch samples {
    case .one(let x): try fields.write("x", x)
    case .several(let samples): try fields.write("samples", samples)
    case .arrays(let header): try fields.write("arrays", header)
    }
    try fields.write(flag: "binary", binary)
  }
}

/// What `explain` is asked with.
public struct ExplainQuestion: QueryQuestion {
  /// An object by name or an array by position.
  public var x: JSONValue

  public init(x: JSONValue) { self.x = x }

  public static let fields = ["x"]

  public init(_ fields: QueryFields) throws(QueryFailure) {
    guard fields.contains("x") else {
      throw QueryFailure(.badRequest, "\"explain\" needs \"x\": an object by name or an array by position")
    }
    x = try fields.sample("x")
  }

  public func write(to fields: inout WrittenQueryFields) throws { try fields.write("x", x) }
}

extension QueryFields {
  /// A sample; null where samples are left where they are.
  fileprivate func sample(_ name: String) throws(QueryFailure) -> JSONValue {
    if leavesSamples { return .null }
    return try optional(name, JSONValue.self, "an object by name or an array by position", where: \.isSample) ?? .null
  }
}

extension JSONValue {
  fileprivate var isObject: Bool {
    if case .object = self { true } else { false }
  }

  fileprivate var isSample: Bool {
    switch self {
    case .object, .array: true
    default: false
    }
  }
}
