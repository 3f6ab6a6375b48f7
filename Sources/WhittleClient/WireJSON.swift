internal import FoundationEssentials

/// The wire's JSON, to and from the types of the protocol.
enum WireJSON {
  static func encode(_ value: some Encodable) throws(ClientError) -> [UInt8] {
    do {
      return [UInt8](try JSONEncoder().encode(value))
    } catch {
      throw .unsendable(reason: reason(of: error))
    }
  }

  static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], of endpoint: String
  ) throws(ClientError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw .malformed(endpoint: endpoint, reason: reason(of: error))
    }
  }

  /// The coders' own descriptions run over many lines and name Swift types.
  private static func reason(of error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      "\"\(key.stringValue)\" is missing\(place(context.codingPath))"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "a value of another type was expected\(place(context.codingPath))"
    case DecodingError.dataCorrupted(let context):
      context.codingPath.isEmpty ? "it is not valid JSON" : "an unknown value\(place(context.codingPath))"
    case EncodingError.invalidValue(let value, let context):
      "\(value) has no form in JSON\(place(context.codingPath))"
    default: "\(error)"
    }
  }

  private static func place(_ path: [any CodingKey]) -> String {
    path.isEmpty ? "" : " at \"" + path.map(\.stringValue).joined(separator: ".") + "\""
  }
}
