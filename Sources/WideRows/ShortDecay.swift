/// 1 − e^(−x) for small x, as x − x² (a − b x + x² (c − d x + e x²)).
///
/// Of (x − 1 + e^(−x))/x² = 1/2 − x/6 + x²/24 − x³/120 + x⁴/720 − x⁵/5040 + … the last term shown is replaced by what comes
/// next to it on [0, h] without a fifth power (Chebyshev economization: t⁵ ≈ 5/2 t⁴ − 35/16 t³ + 25/32 t² − 25/256 t + 1/512
/// with t = x/h). For x up to h the outcome is 1 − e^(−x) to within 8e-16 of itself.
///
/// Larger x are halved, and what comes of it doubled as often: with e for 1 − e^(−x), that of 2 x is e (2 − e).
public enum ShortDecay {
  /// h: for larger x it is not exact to Float64's rounding.
  @inlinable
  public static var longest: Double { 1.0 / 32 }

  /// How often larger x are halved, and by how much that divides them.
  @inlinable
  public static var halvings: Int { 11 }
  @inlinable
  public static var divisor: Double { 2048 }
  /// The largest x, from which on e^(−x) is nothing to Float64.
  @inlinable
  public static var most: Double { longest * divisor }

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
}
