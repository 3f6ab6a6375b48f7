internal import CProcessor

/// A decimal number of up to 15 characters, read in two steps, both with few branches on what it is: signs and lengths are
/// random, and branches on them would be mispredicted. The first finds its digits; the second, for many numbers at once,
/// what they come to.
///
/// Digits make a whole number below 10¹⁵, which a Double holds exactly, as it does the power of ten that it is divided by:
/// so only the quotient is rounded, once (Clinger 1990).
struct ShortDecimal: BitwiseCopyable {
  /// How many bytes are read from a number's beginning on, whatever they are.
  static let margin = 17
  private static let longest = 15

  /// The values of up to eight digits, the last in the highest byte; or `whole`.
  private let digits: UInt64
  /// What the number of these digits is to be divided by: a power of ten, or less than 0. Or the number itself.
  private let divisor: Double

  /// In place of digits.
  private static let whole = UInt64.max

  private init(digits: UInt64, divisor: Double) {
    (self.digits, self.divisor) = (digits, divisor)
  }

  static let zero = ShortDecimal(digits: 0, divisor: 1)
  static let one = ShortDecimal(digits: 1 << 56, divisor: 1)

  /// The number that stands in so many bytes: an optional minus sign, and digits, with a point or without.
  ///
  /// - Parameters:
  ///   - text: where `margin` bytes can be read.
  ///   - count: any number.
  /// - Returns: nil for all else, and for numbers that are longer.
  @inline(__always)
  init?(_ text: UnsafeRawPointer, _ count: Int, _ tables: TextTables) {
    let isNegative = text.load(as: UInt8.self) == UInt8(ascii: "-")
    let (text, count) = (text + (isNegative ? 1 : 0), count &- (isNegative ? 1 : 0))
    // As most numbers are: a digit, a point, and up to seven digits.
    if text.load(fromByteOffset: 1, as: UInt8.self) == UInt8(ascii: "."), UInt(bitPattern: count &- 2) < 8 {
      let behindFirst = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
      digits = Digits.values(behindFirst & ~0xFF | UInt64(text.load(as: UInt8.self)), count &- 1)
      guard Digits.areDigits(digits) else { return nil }
      divisor = tables.divisors[count &- 2 &+ (isNegative ? TextTables.negatives : 0)]
      return
    }
    guard let number = ShortDecimal(unusual: text, count, isNegative: isNegative, tables) else { return nil }
    self = number
  }

  // Apart, so that what is rare takes no registers from what is not.
  @inline(never)
  private init?(unusual text: UnsafeRawPointer, _ count: Int, isNegative: Bool, _ tables: TextTables) {
    guard 0 < count, count <= ShortDecimal.longest else { return nil }
    let first = Digits(text, min(count, 8))
    guard Digits.areDigits(first.values) else { return nil }
    let sign = isNegative ? TextTables.negatives : 0
    if count <= 8 {
      // A point alone has no digits.
      if count == 1, first.havePoint { return nil }
      self.init(digits: first.values, divisor: tables.divisors[first.places + sign])
      return
    }
    let last = Digits(text + 8, count - 8)
    guard Digits.areDigits(last.values), !first.havePoint || !last.havePoint else { return nil }
    let lastDigits = count - 8 - (last.havePoint ? 1 : 0)
    let number =
      ShortDecimal.quotients(SIMD2(first.values, last.values), SIMD2(1, 1))
      * SIMD2(tables.divisors[lastDigits], 1)
    let places = first.havePoint ? first.places + lastDigits : last.places
    // Exact, as both are whole numbers, and below 10 to the 15th together.
    self.init(
      digits: ShortDecimal.whole, divisor: (number[0] + number[1]) / tables.divisors[places + sign])
  }

  /// What it comes to.
  var value: Double {
    digits == ShortDecimal.whole ? divisor : ShortDecimal.quotients(SIMD2(digits, digits), SIMD2(divisor, divisor))[0]
  }

  /// Writes what numbers come to, times a scale.
  ///
  /// - Parameters:
  ///   - numbers: the number behind the last is read, too.
  ///   - values: has room for one more.
  static func write(
    _ numbers: UnsafePointer<ShortDecimal>, _ count: Int, times scale: Double, to values: UnsafeMutablePointer<Float>
  ) {
    let (numbers, raw) = (UnsafeRawPointer(numbers), UnsafeMutableRawPointer(values))
    let stride = MemoryLayout<ShortDecimal>.stride
    var marks = SIMD2<UInt64>()
    var place = 0
    while place < count {
      let first = numbers.loadUnaligned(fromByteOffset: place &* stride, as: SIMD2<UInt64>.self)
      let second = numbers.loadUnaligned(fromByteOffset: (place &+ 1) &* stride, as: SIMD2<UInt64>.self)
      let digits = SIMD2(first[0], second[0])
      // Same sizes, and any bits make Float64s.
      let quotients = quotients(digits, unsafeBitCast(SIMD2(first[1], second[1]), to: SIMD2<Double>.self))
      raw.storeBytes(
        of: rounded_each(quotients * scale), toByteOffset: place &* MemoryLayout<Float>.stride, as: SIMD2<Float>.self)
      marks |= digits
      place &+= 2
    }
    // Digits never have a highest bit.
    if (marks[0] | marks[1]) & Digits.highBits == 0 { return }
    let decimals = numbers.assumingMemoryBound(to: ShortDecimal.self)
    for place in 0..<count where decimals[place].digits == whole {
      values[place] = Float(decimals[place].divisor * scale)
    }
  }

  /// The numbers that digits make, divided. Neighbours make numbers of two digits, those of four, and those of eight.
  @inline(__always)
  private static func quotients(_ digits: SIMD2<UInt64>, _ divisors: SIMD2<Double>) -> SIMD2<Double> {
    // None goes beyond its place, and any bits make whole numbers.
    let tens = unsafeBitCast(unsafeBitCast(digits, to: SIMD8<UInt16>.self) &* 10, to: SIMD2<UInt64>.self)
    let twos = (tens &+ (digits &>> 8)) & 0x00FF_00FF_00FF_00FF
    let fours = added_products(unsafeBitCast(twos, to: SIMD8<Int16>.self), SIMD8(100, 1, 100, 1, 100, 1, 100, 1))
    let eights = added_products(narrowed(fours, fours), SIMD8(10_000, 1, 10_000, 1, 10_000, 1, 10_000, 1))
    return doubles(eights.lowHalf) / divisors
  }
}

/// Up to eight digits, among which there may be a point.
private struct Digits {
  /// Without the point: a digit's value in each byte, the last in the highest, and 0 in bytes that there are not. More than 9
  /// for anything but a digit.
  let values: UInt64
  /// The highest bit of the byte where the point stood; 0 where there was none.
  private let point: UInt64

  static let ones: UInt64 = 0x0101_0101_0101_0101
  static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// - Parameters:
  ///   - text: where 8 bytes can be read.
  ///   - count: 1 to 8.
  init(_ text: UnsafeRawPointer, _ count: Int) {
    let values = Digits.values(UInt64(littleEndian: text.loadUnaligned(as: UInt64.self)), count)
    let pointValue = UInt64(UInt8(ascii: ".") ^ UInt8(ascii: "0"))
    // The lowest byte that equals the point's has its highest bit set, and perhaps some above it.
    let differences = values ^ (pointValue &* Digits.ones)
    let points = (differences &- Digits.ones) & ~differences & Digits.highBits
    point = points & (0 &- points)
    let withoutPoint = values ^ ((point &>> 7) &* pointValue)
    // The digits before the point move up by one, over it. Without a point these are all, and do not move.
    let upToPoint = point ^ (point &- 1)
    self.values = ((withoutPoint & upToPoint) &<< (point == 0 ? 0 : 8)) | (withoutPoint & ~upToPoint)
  }

  var havePoint: Bool { point != 0 }
  /// How many digits follow the point; 0 where there is none.
  var places: Int { havePoint ? point.leadingZeroBitCount / 8 : 0 }

  /// The values of the first characters.
  ///
  /// - Parameters:
  ///   - characters: the first in the lowest byte.
  ///   - count: 1 to 8.
  @inline(__always)
  static func values(_ characters: UInt64, _ count: Int) -> UInt64 {
    (characters ^ (UInt64(UInt8(ascii: "0")) &* ones)) &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
  }

  @inline(__always)
  static func areDigits(_ values: UInt64) -> Bool { (values | (values &+ (127 - 9) &* ones)) & highBits == 0 }
}
