/// How much of the penalty some features bear: λ1 and λ2 times a factor, as glmnet's `penalty.factor`.
public struct PenaltyFactor: Sendable, Hashable, Codable {
  /// A feature's name, or the beginning of names followed by `*`.
  public let pattern: String
  /// From 0, never penalized, to `largest`.
  public let factor: Double

  /// The largest factor.
  public static let largest = 1e6
  /// How many patterns a model may have: it numbers their factors with a byte, and has one more for all other features.
  public static let largestCount = 255

  /// - Returns: nil for a factor out of its range, or an empty pattern.
  public init?(_ pattern: String, _ factor: Double) {
    guard !pattern.isEmpty, factor >= 0, factor <= PenaltyFactor.largest else { return nil }
    self.pattern = pattern
    self.factor = factor
  }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    let pattern = try fields.decode(String.self, forKey: .pattern)
    let factor = try fields.decode(Double.self, forKey: .factor)
    guard let whole = PenaltyFactor(pattern, factor) else {
      throw DecodingError.dataCorruptedError(
        forKey: .factor, in: fields, debugDescription: "not a penalty factor: \(pattern)=\(factor)")
    }
    self = whole
  }

  private enum CodingKeys: String, CodingKey {
    case pattern, factor
  }
}

/// Finds the factor of a feature by its name: an exact pattern before a prefix, a longer prefix before a shorter one.
struct PenaltyFactorTable: Sendable {
  /// Factors by class; class 0 is that of features nobody names.
  let factors: [Double]
  private let names: [String: UInt8]
  /// The longest first.
  private let prefixes: [(bytes: [UInt8], class: UInt8)]

  /// - Precondition: at most `PenaltyFactor.largestCount` factors.
  init(_ list: [PenaltyFactor]) {
    var factors = [1.0]
    var names: [String: UInt8] = [:]
    var prefixes: [(bytes: [UInt8], class: UInt8)] = []
    for entry in list {
      let known = factors.firstIndex(of: entry.factor)
      if known == nil { factors.append(entry.factor) }
      let number = UInt8(known ?? factors.count - 1)
      if entry.pattern.hasSuffix("*") {
        prefixes.append((Array(entry.pattern.utf8.dropLast()), number))
      } else {
        names[entry.pattern] = number
      }
    }
    self.factors = factors
    self.names = names
    self.prefixes = prefixes.sorted { $0.bytes.count > $1.bytes.count }
  }

  /// - Complexity: O(prefixes + length of the name)
  func number(of name: String) -> UInt8 {
    if let exact = names[name] { return exact }
    return prefixes.first { name.utf8.starts(with: $0.bytes) }?.class ?? 0
  }
}
