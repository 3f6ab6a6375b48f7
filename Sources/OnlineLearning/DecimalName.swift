internal import CProcessor

/// A name that is a whole number as it is usually written, of up to eight digits.
public struct DecimalName: Sendable, Equatable, BitwiseCopyable {
  /// The digits' values, the last in the highest byte, and 0 in bytes that there are not.
  @usableFromInline let digits: UInt64

  @usableFromInline static let zeros: UInt64 = 0x3030_3030_3030_3030

  /// The number that a text begins with.
  ///
  /// - Parameters:
  ///   - text: the first byte in the lowest bits; anything behind the number.
  ///   - count: how many bytes the number has.
  /// - Returns: nil where these are no such number.
  @inlinable @inline(__always)
  public init?(_ text: UInt64, count: Int) {
    guard UInt(bitPattern: count &- 1) < 8 else { return nil }
    digits = (text ^ DecimalName.zeros) &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
    // Only digits have become numbers up to 9.
    guard (digits | (digits &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 == 0 else { return nil }
    if text & 0xFF == DecimalName.zeros & 0xFF, count > 1 { return nil }
  }

  /// A number.
  ///
  /// - Returns: nil where it is below 0 or has more than eight digits.
  public init?(_ number: Int) {
    guard 0..<100_000_000 ~= number else { return nil }
    var (digits, left, place) = (UInt64(0), UInt64(number), UInt64(56))
    while left > 0 {
      digits |= (left % 10) &<< place
      left /= 10
      place &-= 8
    }
    self.digits = digits
  }

  /// The number that comes next; nil after the last of eight digits.
  ///
  /// - Complexity: O(1), but for each tenth
  @inlinable @inline(__always)
  public var next: DecimalName? {
    digits &>> 56 < 9 ? DecimalName(digits: digits &+ 1 &<< 56) : carried
  }

  /// The number that comes next, however many digits change.
  @usableFromInline var carried: DecimalName? { DecimalName(number + 1) }

  @inlinable @inline(__always)
  init(digits: UInt64) { self.digits = digits }

  /// - Returns: nil where a name is no such number.
  init?(_ name: FeatureName) { self.init(name.low, count: name.isWhole ? name.count : 0) }

  /// The name as any other is.
  public var name: FeatureName {
    // Only 0 itself begins with 0.
    let count = max(1, 8 - digits.trailingZeroBitCount / 8)
    let shift = UInt64(64 - 8 * count)
    return FeatureName(low: digits >> shift ^ DecimalName.zeros >> shift, high: UInt64(count) << 56)
  }

  var number: Int { Int(DecimalName.numbers(SIMD2(digits, 0))[0]) }

  /// Writes the numbers that names are.
  ///
  /// - Precondition: there is room for as many.
  static func write(_ names: Span<DecimalName>, to numbers: inout MutableSpan<UInt32>) {
    precondition(names.count == numbers.count)
    names.withUnsafeBytes { names in
      numbers.withUnsafeMutableBytes { numbers in
        let stride = (MemoryLayout<DecimalName>.stride, MemoryLayout<UInt32>.stride)
        let count = numbers.count / stride.1
        var position = 0
        while position &+ 2 <= count {
          let digits = names.loadUnaligned(fromByteOffset: position &* stride.0, as: SIMD2<UInt64>.self)
          numbers.storeBytes(
            of: DecimalName.numbers(digits), toByteOffset: position &* stride.1, as: SIMD2<UInt32>.self)
          position &+= 2
        }
        if position < count {
          let digits = names.loadUnaligned(fromByteOffset: position &* stride.0, as: UInt64.self)
          numbers.storeBytes(
            of: DecimalName.numbers(SIMD2(digits, 0))[0], toByteOffset: position &* stride.1, as: UInt32.self)
        }
      }
    }
  }

  /// The numbers that digits make. Neighbours make numbers of two digits, those of four, and those of eight.
  @inline(__always)
  private static func numbers(_ digits: SIMD2<UInt64>) -> SIMD2<UInt32> {
    // None goes beyond its place, and any bits make whole numbers.
    let tens = unsafeBitCast(unsafeBitCast(digits, to: SIMD8<UInt16>.self) &* 10, to: SIMD2<UInt64>.self)
    let twos = (tens &+ (digits &>> 8)) & 0x00FF_00FF_00FF_00FF
    let fours = added_products(unsafeBitCast(twos, to: SIMD8<Int16>.self), SIMD8(100, 1, 100, 1, 100, 1, 100, 1))
    let eights = added_products(narrowed(fours, fours), SIMD8(10_000, 1, 10_000, 1, 10_000, 1, 10_000, 1))
    return unsafeBitCast(eights.lowHalf, to: SIMD2<UInt32>.self)
  }
}
