/// What reading features of text looks up, in memory that stays: the compiler would copy a table to look into it.
struct TextTables {
  /// 10 to the power of the index, and from `negatives` on the same below 0.
  let divisors: UnsafePointer<Double>
  /// 16 bytes of ones, and 16 of zeros.
  private let ones: UnsafeRawPointer

  static let negatives = 16
  static let shared = TextTables()

  private init() {
    let divisors = UnsafeMutablePointer<Double>.allocate(capacity: TextTables.negatives * 2)
    var power = 1.0
    // All are exact.
    for place in 0..<TextTables.negatives {
      (divisors + place).initialize(to: power)
      (divisors + TextTables.negatives + place).initialize(to: -power)
      power *= 10
    }
    self.divisors = UnsafePointer(divisors)
    let ones = UnsafeMutableRawPointer.allocate(byteCount: 32, alignment: 32)
    ones.initializeMemory(as: UInt8.self, repeating: 0xFF, count: 16)
    (ones + 16).initializeMemory(as: UInt8.self, repeating: 0, count: 16)
    self.ones = UnsafeRawPointer(ones)
  }

  /// So many bytes of ones, and then zeros.
  ///
  /// - Parameter count: 0 to 16.
  @inline(__always)
  func ones(_ count: Int) -> SIMD2<UInt64> {
    ones.loadUnaligned(fromByteOffset: 16 &- count, as: SIMD2<UInt64>.self)
  }
}

// Nothing of it ever changes.
extension TextTables: @unchecked Sendable {}
