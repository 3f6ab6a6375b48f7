/// What `coefficients` is asked with. Without any field it asks for all of them.
public struct CoefficientsQuestion: QueryQuestion {
  /// Those of these features, in this order.
  public var names: [String]?
  /// At most so many, heaviest first.
  public var top: Int?

  public init(names: [String]? = nil, top: Int? = nil) {
    self.names = names
    self.top = top
  }

  public static let fields = ["names", "top"]

  public init(_ fields: QueryFields) throws(QueryFailure) {
    names = try fields.optional("names", [String].self, "an array of strings")
    top = try fields.optional("top", Int.self, "a whole number of at least 0") { $0 >= 0 }
    if names != nil && top != nil {
      throw QueryFailure(.badRequest, "\"names\" and \"top\" exclude each other")
    }
  }

  public func write(to fields: inout WrittenQueryFields) throws {
    try fields.write("names", names)
    try fields.write("top", top)
  }
}
