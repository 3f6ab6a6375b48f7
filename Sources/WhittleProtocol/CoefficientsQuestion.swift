/// What `coefficients` is asked with. Without any field it asks for all of them.
public struct CoefficientsQuestion: QueryQuestion {
  /// Those of these features, in this order.
  public var names: [String]?
  /// At most so many, heaviest first.
  public var top: Int?
  /// Those whose names are as this `NamePattern` says.
  public var like: String?
  /// Whether those that are zero are left out.
  public var active: Bool
  /// How many an answer has at most; the rest is asked for by its `cursor`.
  public var limit: Int?
  /// Goes on where the answer that told it ended, as of the same step.
  public var cursor: String?
  /// Whether names and values come as buffers.
  public var binary: Bool

  public init(
    names: [String]? = nil, top: Int? = nil, like: String? = nil, active: Bool = false, limit: Int? = nil,
    cursor: String? = nil, binary: Bool = false
  ) {
    self.names = names
    self.top = top
    self.like = like
    self.active = active
    self.limit = limit
    self.cursor = cursor
    self.binary = binary
  }

  public static let fields = ["names", "top", "like", "active", "limit", "cursor", "binary"]

  public init(_ fields: QueryFields) throws(QueryFailure) {
    names = try fields.optional("names", [String].self, "an array of strings")
    top = try fields.optional("top", Int.self, "a whole number of at least 0") { $0 >= 0 }
    like = try fields.optional("like", String.self, "a pattern such as \"price*\"")
    active = try fields.flag("active")
    limit = try fields.optional("limit", Int.self, "a whole number of at least 1") { $0 >= 1 }
    cursor = try fields.optional("cursor", String.self, "the cursor that an answer told")
    binary = try fields.flag("binary")
    try fields.check("names", excludes: ["top", "like"])
    // The answer that told the cursor was asked for with all of these, and its other parts are like it.
    try fields.check("cursor", excludes: ["names", "top", "like", "active", "binary"])
  }

  public func write(to fields: inout WrittenQueryFields) throws {
    try fields.write("names", names)
    try fields.write("top", top)
    try fields.write("like", like)
    try fields.write(flag: "active", active)
    try fields.write("limit", limit)
    try fields.write("cursor", cursor)
    try fields.write(flag: "binary", binary)
  }
}

extension QueryFields {
  fileprivate func check(_ name: String, excludes others: [String]) throws(QueryFailure) {
    guard contains(name), let other = others.first(where: contains) else { return }
    throw QueryFailure(.badRequest, "\"\(name)\" and \"\(other)\" exclude each other")
  }
}
