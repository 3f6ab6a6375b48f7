internal import CProcessor

/// What four weights owe, for a time in which nobody looked at them.
extension WideAdaptiveRow {
  /// As of `AdaptiveRow`, which explains it; as all here.
  ///
  /// - Parameter x: decay times the rates times the time owed.
  @inline(__always)
  func decayed(_ rule: Rule, _ weights: Quad, _ x: Quad, _ hasLongDebts: Bool) -> Quad {
    var lost = lost(x)
    var left = weights - weights * lost
    if hasLongDebts {
      let isLong = greater_mask(x, Quad(repeating: DecaySeries.longest))
      if any_of_four(isLong) {
        let long = longDecay(x)
        left.replace(with: weights * long.left, where: SIMDMask(isLong))
        lost.replace(with: long.lost, where: SIMDMask(isLong))
      }
    }
    return rule.hasGravity ? pulled(left, lost * gravityPerDecay) : left
  }

  @inline(__always)
  func lost(_ x: Quad) -> Quad {
    let square = x * x
    let series = DecaySeries.series
    let first: Quad = series.a - x * series.b
    let second: Quad = series.c - x * series.d
    let third: Quad = square * series.e
    return x - square * (first + square * (second + third))
  }

  @inline(__always)
  func longDecay(_ x: Quad) -> (left: Quad, lost: Quad) {
    let x = lesser_of_four(x, Quad(repeating: DecaySeries.most))
    let rounded: Quad = x * DecaySeries.log2e - 0.5 + DecaySeries.rounder
    let count: Quad = rounded - DecaySeries.rounder
    let rest: Quad = x - count * DecaySeries.log2.high - count * DecaySeries.log2.low
    var lost = lost(rest * (1 / DecaySeries.divisor))
    for _ in 0..<DecaySeries.halvings { lost *= 2 - lost }
    let exponents = SIMD4(repeating: DecaySeries.exponents) &- unsafeBitCast(rounded, to: SIMD4<Int64>.self)
    let power = unsafeBitCast(exponents &<< SIMD4(repeating: DecaySeries.exponent), to: Quad.self)
    return (power * (1 - lost), (1 - power) + power * lost)
  }

  @inline(__always)
  func pulled(_ weights: Quad, _ pull: Quad) -> Quad {
    weights - lesser_of_four(greater_of_four(weights, -pull), pull)
  }
}
