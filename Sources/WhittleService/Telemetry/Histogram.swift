/// How often values came that are at most a bound, for bounds each of which is four times the one before. Recording one takes a
/// few instructions, and no memory.
///
///     bound   unit · 4^0   unit · 4^1   …   unit · 4^14   none
///     counts           0            1   …            14     15
public struct Histogram: Sendable {
  /// How many counts there are; the last has no bound.
  public static let bucketCount = 16

  /// How many values fell into each bucket: above the bound before, and at most its own.
  public private(set) var counts = InlineArray<16, UInt64>(repeating: 0)
  /// Of all values.
  public var sum: Double { seconds + Double(counted) }
  /// The first bound.
  public let unit: Double
  private let perUnit: Double
  /// The unit as a power of two, for values that are counts.
  private let unitBits: Int
  private var seconds = 0.0
  private var counted: UInt64 = 0

  init(unit: Double) {
    self.unit = unit
    perUnit = 1 / unit
    unitBits = max(0, Int(unit.exponent))
  }

  /// - Precondition: the unit is a power of two, at least 1.
  /// - Parameter count: at least 0.
  /// - Complexity: O(1)
  @inline(__always)
  mutating func record(count: Int) {
    counted &+= UInt64(truncatingIfNeeded: count)
    // A value on a bound belongs below it.
    add(UInt64(truncatingIfNeeded: max(count, 1) &- 1) &>> UInt64(truncatingIfNeeded: unitBits))
  }

  /// - Parameter value: negative ones count as 0.
  /// - Complexity: O(1)
  @inline(__always)
  mutating func record(_ value: Double) {
    seconds += max(0, value)
    let units = min(max(0, value * perUnit), 0x1p62)
    var whole = UInt64(units)
    // As above.
    if whole > 0, Double(whole) == units { whole -= 1 }
    add(whole)
  }

  /// - Parameter whole: the value in units, rounded up, less one.
  @inline(__always)
  private mutating func add(_ whole: UInt64) {
    // Below 4^k there are at most 2k bits.
    let bits = UInt64.bitWidth - whole.leadingZeroBitCount
    counts[min(Histogram.bucketCount - 1, (bits + 1) >> 1)] &+= 1
  }

  public var count: UInt64 {
    var count: UInt64 = 0
    for bucket in 0..<Histogram.bucketCount { count += counts[bucket] }
    return count
  }

  /// The greatest value that a bucket takes; nil for the last, which takes all.
  public func bound(of bucket: Int) -> Double? {
    bucket < Histogram.bucketCount - 1 ? unit * Double(UInt64(1) << UInt64(2 * bucket)) : nil
  }
}
