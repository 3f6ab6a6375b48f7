extension CRC32C {
  /// The check of bytes that follow others, from both checks (the scheme of zlib's `crc32_combine`).
  ///
  /// - Parameters:
  ///   - first: the check of the first bytes.
  ///   - second: that of the others.
  ///   - count: how many the others are.
  /// - Complexity: O(log count)
  static func joined(_ first: UInt32, _ second: UInt32, count: Int) -> UInt32 {
    product(power(count), first) ^ second
  }

  /// x^(8 count), modulo the polynomial: a register times it has moved on by as many zero bytes.
  static func power(_ count: Int) -> UInt32 {
    var power: UInt32 = 1 << 31
    var (left, bit) = (count, 0)
    while left > 0 {
      if left & 1 == 1 { power = product(power, squares[bit]) }
      (left, bit) = (left >> 1, bit + 1)
    }
    return power
  }

  /// x^8, its square, the square of that, and so on.
  private static let squares: [UInt32] = {
    var (squares, square): ([UInt32], UInt32) = ([], 1 << 23)
    for _ in 0..<Int.bitWidth {
      squares.append(square)
      square = product(square, square)
    }
    return squares
  }()

  /// The product of two polynomials, modulo the check's; the highest bit is the coefficient of x⁰.
  static func product(_ one: UInt32, _ other: UInt32) -> UInt32 {
    var (sum, shifted): (UInt32, UInt32) = (0, other)
    for bit in stride(from: 31, through: 0, by: -1) {
      if one >> UInt32(bit) & 1 == 1 { sum ^= shifted }
      shifted = shifted & 1 == 1 ? shifted >> 1 ^ 0x82F6_3B78 : shifted >> 1
    }
    return sum
  }
}
