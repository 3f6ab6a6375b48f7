internal import WideRows

/// What two weights owe, for a time in which nobody looked at them.
extension AdaptiveRow {
  /// `ShrinkageFlow.shrink`: w less (1 − e^(−x)) (w + g/d), with the decay and the pull of gravity each on its own, and
  /// gravity's cut to what is left.
  ///
  /// - Parameter x: decay times the rates times the time owed.
  @inline(__always)
  func decayed(_ weights: Pair, _ x: Pair) -> Pair {
    var lost = lost(x)
    var left = weights - weights * lost
    if x.anyExceeds(DecaySeries.longest) {
      let long = longDecay(x)
      let isLong = x .> Pair(repeating: DecaySeries.longest)
      left.replace(with: weights * long.left, where: isLong)
      lost.replace(with: long.lost, where: isLong)
    }
    return Rule.hasGravity ? pulled(left, lost * gravityPerDecay) : left
  }

  /// 1 − e^(−x) where x is short, in parts that do not wait for each other: most of the time goes into waiting.
  @inline(__always)
  func lost(_ x: Pair) -> Pair {
    let square = x * x
    let series = DecaySeries.series
    let first: Pair = series.a - x * series.b
    let second: Pair = series.c - x * series.d
    let third: Pair = square * series.e
    return x - square * (first + square * (second + third))
  }

  /// e^(−x) and 1 − e^(−x), each exact, where x is long.
  @inline(__always)
  func longDecay(_ x: Pair) -> (left: Pair, lost: Pair) {
    let x = Pair.lesser(x, Pair(repeating: DecaySeries.most))
    let rounded: Pair = x * DecaySeries.log2e - 0.5 + DecaySeries.rounder
    let count: Pair = rounded - DecaySeries.rounder
    let rest: Pair = x - count * DecaySeries.log2.high - count * DecaySeries.log2.low
    var lost = lost(rest * (1 / DecaySeries.divisor))
    for _ in 0..<DecaySeries.halvings { lost *= 2 - lost }
    let exponents = SIMD2(repeating: DecaySeries.exponents) &- unsafeBitCast(rounded, to: SIMD2<Int64>.self)
    let power = unsafeBitCast(exponents &<< SIMD2(repeating: DecaySeries.exponent), to: Pair.self)
    return (power * (1 - lost), (1 - power) + power * lost)
  }

  /// Weights less gravity's pull, which ends at zero.
  @inline(__always)
  func pulled(_ weights: Pair, _ pull: Pair) -> Pair {
    weights - Pair.lesser(Pair.greater(weights, -pull), pull)
  }
}
