public import WhittleProtocol

/// One sample to learn from: `{"y": 3.2, "x": {"sleep": 7.5, "homework": 2}}` on the wire.
public struct Sample: Encodable, Sendable, Equatable {
  /// The features: an object by name, or an array by position. A string is one-hot, a boolean 0 or 1, null is absent. Nil
  /// where `y` is the target of an earlier sample with this `id`.
  public var x: JSONValue?
  /// The target. Without it the sample is not learned, or not before its target comes.
  public var y: Double?
  /// The importance weight, at least 0; nil for 1.
  public var weight: Double?
  /// By which its target is told later.
  public var id: String?

  public init(x: JSONValue?, y: Double? = nil, weight: Double? = nil, id: String? = nil) {
    self.x = x
    self.y = y
    self.weight = weight
    self.id = id
  }
}

// Features are written as literals: ["sleep": 7.5, "school": "north"].

extension JSONValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(nilLiteral: ()) { self = .null }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// Of a key that stands there twice, the last value counts.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { $1 })
  }
}
