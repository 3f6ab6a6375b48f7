/// A feature's name as `FeatureDictionary` looks it up: up to 15 bytes stand in it, so that comparing names touches no
/// other memory; of a longer one, its place among bytes that are lent along.
///
///     low     byte 0 … byte 7, the first in the lowest bits     or its place
///     high    byte 8 … byte 14 | count                          or its count | 255, in a dictionary 254
///
/// with 0 for bytes that a short name does not have, so that equal names are equal numbers.
public struct FeatureName: Sendable, Equatable, BitwiseCopyable {
  public let low: UInt64
  public let high: UInt64

  /// How many bytes a name may have to stand in it.
  public static let wholeBytes = 15
  private static let longMark: UInt64 = 255
  // A mark of their own, so that no long name that is looked up has the same numbers as one that is known.
  private static let keptMark: UInt64 = 254
  // Its lower half, where the count of whole names stands, is 0.
  private static let vacantMark: UInt64 = 0xF0

  /// The name without bytes.
  public static let empty = FeatureName(low: 0, high: 0)
  /// No name. It has no bytes either, and differs from all names.
  static let vacant = FeatureName(low: 0, high: vacantMark << 56)

  /// A name of up to 15 bytes, in the layout above.
  @inlinable
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// A name of up to 15 bytes.
  ///
  /// - Complexity: O(bytes)
  public init(whole bytes: Span<UInt8>) {
    precondition(bytes.count <= FeatureName.wholeBytes)
    var words = (low: UInt64(0), high: UInt64(bytes.count) << 56)
    for position in bytes.indices {
      let byte = UInt64(bytes[position])
      if position < 8 {
        words.low |= byte << UInt64(8 * position)
      } else {
        words.high |= byte << UInt64(8 * position - 64)
      }
    }
    self.init(low: words.low, high: words.high)
  }

  /// A longer name.
  ///
  /// - Parameters:
  ///   - place: where it begins among the bytes that are lent along.
  ///   - count: above 15, below 2³².
  public init(place: Int, count: Int) {
    precondition(count > FeatureName.wholeBytes && count <= UInt32.max)
    self.init(low: UInt64(place), high: FeatureName.longMark << 56 | UInt64(count))
  }

  /// A longer name in a dictionary, which keeps its bytes from `place` on.
  init(keptAt place: Int, count: Int) {
    self.init(low: UInt64(place), high: FeatureName.keptMark << 56 | UInt64(count))
  }

  /// A name whose bytes are lent along with it, alone.
  init(alone bytes: Span<UInt8>) {
    if bytes.count <= FeatureName.wholeBytes {
      self.init(whole: bytes)
    } else {
      self.init(place: 0, count: bytes.count)
    }
  }

  /// The decimal digits of a number that has no sign and 15 digits at most.
  public init(decimal number: Int) {
    precondition(0 <= number && number < 1_000_000_000_000_000)
    var name = FeatureName.empty
    var left = UInt64(number)
    repeat {
      name = name.prefixed(by: FeatureName(low: UInt64(UInt8(ascii: "0")) + left % 10, high: 1 << 56))
      left /= 10
    } while left > 0
    self = name
  }

  /// Whether its bytes stand in it.
  public var isWhole: Bool { high >> 56 < FeatureName.keptMark }

  /// How many bytes it has.
  public var count: Int { Int(isWhole ? high >> 56 & 0xF : high & UInt64(UInt32.max)) }

  /// The name that is the bytes of `prefix` and then those of this one.
  ///
  /// - Precondition: both are whole, and have 15 bytes together at most.
  public func prefixed(by prefix: FeatureName) -> FeatureName {
    precondition(isWhole && prefix.isWhole && prefix.count + count <= FeatureName.wholeBytes)
    let bytes = UInt128(high & (1 << 56 - 1)) << 64 | UInt128(low)
    let before = UInt128(prefix.high) << 64 | UInt128(prefix.low)
    let whole = bytes << UInt128(8 * prefix.count) | before
    return FeatureName(
      low: UInt64(truncatingIfNeeded: whole), high: UInt64(truncatingIfNeeded: whole >> 64) &+ UInt64(count) << 56)
  }

  /// Lends its bytes, which are among `bytes` where they do not stand in it.
  ///
  /// - Precondition: a longer name's place lies in `bytes`.
  public func withBytes<Result, Failure: Error>(
    among bytes: Span<UInt8>, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard isWhole else { return try body(bytes.extracting(Int(low)..<Int(low) + count)) }
    let words: [2 of UInt64] = [low.littleEndian, high.littleEndian]
    // Any bytes are UInt8s, and it has fewer than two words hold.
    return try body(Span(_bytes: words.span.bytes).extracting(first: count))
  }
}
