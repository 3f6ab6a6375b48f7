/// The fields of a question besides `op`: what an operation takes, and how it is read and written.
public protocol QueryQuestion: Sendable, Equatable {
  /// The names of its fields, in the order in which people read them.
  static var fields: [String] { get }

  /// - Throws: what is wrong with a field, or missing. Fields of other names have been refused.
  init(_ fields: QueryFields) throws(QueryFailure)

  func write(to fields: inout WrittenQueryFields) throws
}

/// The fields of a request, as they came.
public struct QueryFields {
  struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let fields: KeyedDecodingContainer<Key>
  /// Whether samples stay in the bytes of the question, for those who read them there: see `CodingUserInfoKey.leavesSamples`.
  let leavesSamples: Bool

  init(_ decoder: any Decoder) throws(QueryFailure) {
    guard let fields = try? decoder.container(keyedBy: Key.self) else {
      throw QueryFailure(.badRequest, "a request is a JSON object such as {\"op\": \"stats\"}")
    }
    self.fields = fields
    leavesSamples = CodingUserInfoKey.leavesSamples.map { decoder.userInfo[$0] as? Bool ?? false } ?? false
  }

  func contains(_ name: String) -> Bool { fields.contains(Key(name)) }

  /// The value of a field; nil where it is not there or is anything else.
  func value<Value: Decodable>(_ name: String, as type: Value.Type) -> Value? {
    try? fields.decode(type, forKey: Key(name))
  }

  /// The value of a field; nil where it is not there.
  ///
  /// - Parameter expectation: what it must be, in words.
  /// - Throws: `badRequest` where it is anything else.
  func optional<Value: Decodable>(
    _ name: String, _ type: Value.Type, _ expectation: String, where isValid: (Value) -> Bool = { _ in true }
  ) throws(QueryFailure) -> Value? {
    guard contains(name) else { return nil }
    guard let value = value(name, as: type), isValid(value) else {
      throw QueryFailure(.badRequest, "\"\(name)\" must be \(expectation)")
    }
    return value
  }

  /// A field that is off where it is not there.
  func flag(_ name: String) throws(QueryFailure) -> Bool { try optional(name, Bool.self, "true or false") ?? false }

  /// Refuses versions of the protocol that are not spoken here.
  func checkProtocol() throws(QueryFailure) {
    guard let version = try optional("protocol", Int.self, "a whole number"), version != QueryProtocol.version
    else { return }
    throw QueryFailure(
      .unsupportedProtocol, "protocol \(version) is not spoken here; known protocols: \(QueryProtocol.version)")
  }

  /// Refuses fields that an operation does not have.
  func check(known: [String], of operation: String) throws(QueryFailure) {
    for key in fields.allKeys.map(\.stringValue)
    where key != "op" && key != "protocol" && !known.contains(key) {
      let takes = known.isEmpty ? "none besides \"op\" and \"protocol\"" : known.joined(separator: ", ")
      throw QueryFailure(.unknownField, "\"\(operation)\" has no field \"\(key)\"; known fields: \(takes)")
    }
  }
}

/// The fields of a request that is being written.
public struct WrittenQueryFields {
  private var fields: KeyedEncodingContainer<QueryFields.Key>

  init(_ encoder: any Encoder) { fields = encoder.container(keyedBy: QueryFields.Key.self) }

  /// Writes a field, unless its value is nil.
  mutating func write(_ name: String, _ value: (some Encodable)?) throws {
    try fields.encodeIfPresent(value, forKey: QueryFields.Key(name))
  }

  /// Writes a field that is off where it is not there.
  mutating func write(flag name: String, _ value: Bool) throws { try write(name, value ? true : nil) }
}

extension CodingUserInfoKey {
  /// Set to true, decoding a `QueryRequest` leaves samples in the bytes of the question and puts null in their places, for
  /// whoever reads them there with less effort.
  public static let leavesSamples = CodingUserInfoKey(rawValue: "leavesSamples")
}
