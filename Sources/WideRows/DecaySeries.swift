/// 1 − e^(−x) for x of at least 0, without calls: the numbers that it takes for two or four x at once.
///
/// Short x, up to h = `longest`, by x − x² (a − b x + x² (c − d x + e x²)). Of (x − 1 + e^(−x))/x²
/// = 1/2 − x/6 + x²/24 − x³/120 + x⁴/720 − x⁵/5040 + … the last term shown is replaced by what comes next to it on [0, h]
/// without a fifth power (Chebyshev economization: t⁵ ≈ 5/2 t⁴ − 35/16 t³ + 25/32 t² − 25/256 t + 1/512 with t = x/h). The
/// outcome is 1 − e^(−x) to within 8e-16 of itself.
///
/// Longer x are n ln 2 + y with 0 ≤ y < ln 2, so that e^(−x) is 2^(−n) e^(−y); y is halved until it is short, and what comes
/// of it doubled as often: with l for 1 − e^(−y), that of 2 y is l (2 − l). What is left, 2^(−n) (1 − l), and what is lost,
/// 1 − 2^(−n) + 2^(−n) l, are each to within 1e-15 of themselves, but for the rounding of x.
public enum DecaySeries {
  /// h.
  @inlinable
  public static var longest: Double { 1.0 / 32 }

  /// a to e.
  @inlinable
  public static var series: (a: Double, b: Double, c: Double, d: Double, e: Double) {
    let square = longest * longest
    return (
      a: 1.0 / 2 - square * square * longest / 512 / 5040, b: 1.0 / 6 - square * square * 25 / 256 / 5040,
      c: 1.0 / 24 - square * longest * 25 / 32 / 5040, d: 1.0 / 120 - square * 35 / 16 / 5040,
      e: 1.0 / 720 - longest * 5 / 2 / 5040
    )
  }

  /// How often y is halved, and by how much that divides it.
  @inlinable
  public static var halvings: Int { 5 }
  @inlinable
  public static var divisor: Double { 32 }
  /// The largest x: beyond it nothing is left to Float64, or next to nothing.
  @inlinable
  public static var most: Double { 708 }

  /// 1/ln 2.
  @inlinable
  public static var log2e: Double { 0x1.71547652b82fep0 }
  /// ln 2 in two parts, the first so short that times n it is exact.
  @inlinable
  public static var log2: (high: Double, low: Double) { (0x1.62e42feep-1, 0x1.a39ef35793c76p-33) }
  /// What is added rounds to whole numbers, which are then in the lowest bits.
  @inlinable
  public static var rounder: Double { 0x1.8p52 }
  /// The bits of `rounder` and, n less and moved up by `exponent`, those of 2^(−n).
  @inlinable
  public static var exponents: Int64 { Int64(bitPattern: rounder.bitPattern) &+ 1023 }
  @inlinable
  public static var exponent: Int64 { 52 }
}
