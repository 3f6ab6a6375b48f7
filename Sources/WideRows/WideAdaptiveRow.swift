public import CProcessor

/// One sample's passes over weights with rates of their own, four features at a time: what `AdaptiveRow` of `OnlineLearning`
/// does, bit for bit, for processors with AVX2.
///
/// Weights are of 24 bytes:
///
///     | value: Float32 | scale or rate: Float32 | sum: Float64 | mark: Float64 |
///
/// Between the passes four features lie side by side in the room, as there, begun ones too:
///
///     | paid weight (four) | x (four) | 1/rate (four) | rate (four) |      Float64s
///
/// Behind the last four is room for one weight more: that of features which are missing there, whose x is 0.
extension WideAdaptiveRow {
  /// Brings the row's weights up to date, and their scales.
  ///
  /// - Parameter norm: gets Σ (x/s)² where there are scales.
  /// - Returns: Σ w x.
  /// - Complexity: O(count), as of all here.
  @inline(never)
  public func settle(at now: Double, norm: inout Double) -> Double {
    byRule { rule in settle(rule, now, &norm) }
  }

  /// Adds the sample's squared gradients, and keeps the rates that they make.
  ///
  /// - Returns: Σ r x².
  @inline(never)
  public func accumulate(_ slope: Double) -> Double {
    byRule { rule in accumulate(rule, slope) }
  }

  /// Moves paid weights against the row by rates that were kept, and rounds each once.
  ///
  /// - Returns: how many had to be held back at `largest`.
  @inline(never)
  public func move(by push: Double, at now: Double, largest: Double) -> UInt64 {
    byRule { rule in
      var furthest = Quad()
      each { position, four in
        furthest = greater_of_four(magnitudes_of_four(move(rule, position, four, push, now, .infinity)), furthest)
      }
      // Looking at each costs more than doing it again, which is hardly ever needed.
      if !any_of_four(greater_mask(furthest, Quad(repeating: largest))) { return 0 }
      var clamped = SIMD4<Int64>()
      each { position, four in
        let moved = move(rule, position, four, push, now, largest)
        // All bits of a true one make −1.
        clamped &-= greater_mask(magnitudes_of_four(moved), Quad(repeating: largest))
      }
      return UInt64(truncatingIfNeeded: clamped.wrappedSum())
    }
  }

  // MARK: Rules

  /// What there is to be done: constants, so that loops hold nothing of what is not there.
  fileprivate struct Rule {
    let hasScales: Bool
    let hasGravity: Bool
    let hasDecay: Bool

    @inline(__always)
    var shrinks: Bool { hasGravity || hasDecay }

    @inline(__always)
    init(_ hasScales: Bool, _ hasGravity: Bool, _ hasDecay: Bool) {
      self.hasScales = hasScales
      self.hasGravity = hasGravity
      self.hasDecay = hasDecay
    }
  }

  @inline(__always)
  private func byRule<Outcome>(_ body: (Rule) -> Outcome) -> Outcome {
    switch (hasScales, gravity > 0, decay > 0) {
    case (false, false, false): body(Rule(false, false, false))
    case (false, true, false): body(Rule(false, true, false))
    case (false, false, true): body(Rule(false, false, true))
    case (false, true, true): body(Rule(false, true, true))
    case (true, false, false): body(Rule(true, false, false))
    case (true, true, false): body(Rule(true, true, false))
    case (true, false, true): body(Rule(true, false, true))
    case (true, true, true): body(Rule(true, true, true))
    }
  }

  // MARK: Bringing up to date

  @inline(__always)
  private func settle(_ rule: Rule, _ now: Double, _ norm: inout Double) -> Double {
    var (sums, norms) = (Quad(), Quad())
    var position = (row.count &+ 3) & ~3
    // In a loop of its own, which waits less: what comes late from memory, roots and divisions do not hold up the rest.
    if rule.shrinks {
      while position > 0 {
        position &-= 4
        prepare(rule, position, now)
      }
    }
    position = (row.count &+ 3) & ~3
    while position > 0 {
      position &-= 4
      sums += settle(rule, position, now, &norms)
    }
    if rule.hasScales { norm = total(norms) }
    return total(sums)
  }

  /// Keeps for each weight what `settle` pays: x of `decayed`, or how far gravity pulls.
  @inline(__always)
  private func prepare(_ rule: Rule, _ position: Int, _ now: Double) {
    let four = four(position)
    let both = four.valuesAndScalesOrRates
    let scalesOrRates = widened_four(both.oddHalf)
    let rates = rule.hasScales ? rate(roots_of_four(four.numbers(at: 8)) * scalesOrRates) : scalesOrRates
    // What was paid ahead is not paid back.
    let time = greater_of_four(now - four.numbers(at: 16), Quad()) * rates
    keep(rule.hasDecay ? time * decay : time * gravity, position, 64)
    if !rule.hasScales { keep(widened_four(both.evenHalf), position, 0) }
  }

  /// - Returns: w x.
  @inline(__always)
  private func settle(_ rule: Rule, _ position: Int, _ now: Double, _ norms: inout Quad) -> Quad {
    let x = widened_four(values(position))
    let four = four(position)
    var weights: Quad
    var scales = Quad()
    if rule.shrinks, !rule.hasScales {
      weights = quad(position, 0)
    } else {
      let both = four.valuesAndScalesOrRates
      weights = widened_four(both.evenHalf)
      scales = widened_four(both.oddHalf)
    }
    if rule.hasDecay {
      weights = decayed(rule, weights, quad(position, 64))
    } else if rule.hasGravity {
      weights = pulled(weights, quad(position, 64))
    }
    if rule.hasScales {
      let larger = greater_mask(magnitudes_of_four(x), scales)
      if any_of_four(larger) { rescale(four, &weights, &scales, magnitudes_of_four(x), larger) }
      // Where a scale is still 0, so is x.
      let share = x / greater_of_four(scales, Quad(repeating: Double(Float.leastNonzeroMagnitude)))
      norms += share * share
    }
    keep(weights, position, 0)
    keep(x, position, 32)
    return weights * x
  }

  /// Takes in values that are larger than any before: weights go over into the new units.
  @inline(__always)
  private func rescale(
    _ four: FourWeights, _ weights: inout Quad, _ scales: inout Quad, _ sizes: Quad, _ larger: SIMD4<Int64>
  ) {
    // A weight that comes from another rule has met no value yet.
    let known = SIMDMask(larger & greater_mask(scales, Quad()))
    weights.replace(with: weights * (scales / sizes), where: known)
    scales = greater_of_four(sizes, scales)
    four.storeScales(rounded_four(scales))
  }

  /// As of `AdaptiveRow`, which explains it; as all that follows.
  ///
  /// - Parameter x: decay times the rates times the time owed.
  @inline(__always)
  private func decayed(_ rule: Rule, _ weights: Quad, _ x: Quad) -> Quad {
    var lost = lost(x)
    var left = weights - weights * lost
    let isLong = greater_mask(x, Quad(repeating: DecaySeries.longest))
    if any_of_four(isLong) {
      let long = longDecay(x)
      left.replace(with: weights * long.left, where: SIMDMask(isLong))
      lost.replace(with: long.lost, where: SIMDMask(isLong))
    }
    return rule.hasGravity ? pulled(left, lost * gravityPerDecay) : left
  }

  @inline(__always)
  private func lost(_ x: Quad) -> Quad {
    let square = x * x
    let series = DecaySeries.series
    let first: Quad = series.a - x * series.b
    let second: Quad = series.c - x * series.d
    let third: Quad = square * series.e
    return x - square * (first + square * (second + third))
  }

  @inline(__always)
  private func longDecay(_ x: Quad) -> (left: Quad, lost: Quad) {
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
  private func pulled(_ weights: Quad, _ pull: Quad) -> Quad {
    weights - lesser_of_four(greater_of_four(weights, -pull), pull)
  }

  @inline(__always)
  private func rate(_ root: Quad) -> Quad {
    let most = Quad(repeating: Double(Float.greatestFiniteMagnitude))
    let rate = lesser_of_four(1 / root, most)
    return unsafeBitCast(
      unsafeBitCast(rate, to: SIMD4<Int64>.self) & greater_mask(root, Quad()), to: Quad.self)
  }

  @inline(__always)
  private func total(_ quad: Quad) -> Double {
    let halves = quad.lowHalf + quad.highHalf
    return halves[0] + halves[1]
  }

  // MARK: Learning

  @inline(__always)
  private func accumulate(_ rule: Rule, _ slope: Double) -> Double {
    var sums = Quad()
    each { position, four in
      if isWhole(position) {
        fetch(position)
        fetch(position &+ 1)
      }
      let x = quad(position, 32)
      let root = root(rule, four, x * slope)
      let rate = rate(root)
      if rule.shrinks { keep(root, position, 64) }
      keep(rate, position, 96)
      sums += rate * x * x
    }
    return total(sums)
  }

  /// - Returns: one over the rates after the gradients.
  @inline(__always)
  private func root(_ rule: Rule, _ four: FourWeights, _ gradient: Quad) -> Quad {
    let sum = together_quad(four.numbers(at: 8) + gradient * gradient)
    four.store(sum, at: 8)
    var root = roots_of_four(sum)
    if rule.hasScales { root *= widened_four(four.valuesAndScalesOrRates.oddHalf) }
    return root
  }

  @inline(__always)
  private func each(_ body: (_ position: Int, FourWeights) -> Void) {
    var position = 0
    while position < row.count {
      body(position, four(position))
      position &+= 4
    }
  }

  /// - Returns: where weights would get, if `largest` did not hold them back.
  @inline(__always)
  private func move(
    _ rule: Rule, _ position: Int, _ four: FourWeights, _ push: Double, _ now: Double, _ largest: Double
  ) -> Quad {
    if isWhole(position) {
      fetch(position &+ 2)
      fetch(position &+ 3)
    }
    let rate = quad(position, 96)
    let free = quad(position, 0) - quad(position, 32) * (rate * push)
    var moved = free
    if largest < .infinity {
      moved = greater_of_four(lesser_of_four(free, Quad(repeating: largest)), Quad(repeating: -largest))
    }
    let rounded = rounded_four(moved)
    if rule.hasScales {
      four.store(rounded)
    } else {
      four.store(rounded, rounded_four(rate))
    }
    if rule.shrinks {
      let mark =
        now - ahead(rule, magnitudes_of_four(widened_four(rounded)), magnitudes_of_four(moved), quad(position, 64))
      four.store(together_quad(mark), at: 16)
    }
    return free
  }

  /// The time in which is paid what rounding left unpaid.
  @inline(__always)
  private func ahead(_ rule: Rule, _ rounded: Quad, _ exact: Quad, _ root: Quad) -> Quad {
    let unpaid = (rounded - exact) * root
    if !rule.hasDecay { return unpaid * timePerGravity }
    let speed = rounded * decay + gravity
    return unpaid / greater_of_four(speed, Quad(repeating: 1e-170))
  }

  // MARK: Memory

  /// Whether there are four from a position on.
  @inline(__always)
  private func isWhole(_ position: Int) -> Bool { position &+ 4 <= row.count }

  @inline(__always)
  private func four(_ position: Int) -> FourWeights {
    if !isWhole(position) { return last(position) }
    return FourWeights(
      a: weight(position), b: weight(position &+ 1), c: weight(position &+ 2), d: weight(position &+ 3))
  }

  /// The weights of one to three features, and of none.
  @inline(__always)
  private func last(_ position: Int) -> FourWeights {
    let missing = row.room + (position &+ 4) &* 32
    missing.storeBytes(of: (0, 0, 0), as: (Double, Double, Double).self)
    return FourWeights(
      a: weight(position), b: position &+ 1 < row.count ? weight(position &+ 1) : missing,
      c: position &+ 2 < row.count ? weight(position &+ 2) : missing, d: missing)
  }

  @inline(__always)
  private func values(_ position: Int) -> SIMD4<Float> {
    if isWhole(position) { return UnsafeRawPointer(row.values + position).loadUnaligned(as: SIMD4<Float>.self) }
    return lastValues(position)
  }

  @inline(__always)
  private func lastValues(_ position: Int) -> SIMD4<Float> {
    SIMD4(
      row.values[position], position &+ 1 < row.count ? row.values[position &+ 1] : 0,
      position &+ 2 < row.count ? row.values[position &+ 2] : 0, 0)
  }

  @inline(__always)
  private func weight(_ position: Int) -> UnsafeMutableRawPointer {
    row.weights + Int(row.features[position]) &* 24
  }

  /// Asks memory for a weight that is likely to be needed soon, which may lie in two lines of the cache.
  @inline(__always)
  private func fetch(_ position: Int) {
    let weight = row.weights + Int(row.ahead[position]) &* 24
    prefetch(weight)
    prefetch(weight + 23)
  }

  @inline(__always)
  private func quad(_ position: Int, _ offset: Int) -> Quad {
    (row.room + position &* 32 + offset).loadUnaligned(as: Quad.self)
  }

  @inline(__always)
  private func keep(_ quad: Quad, _ position: Int, _ offset: Int) {
    (row.room + position &* 32 + offset).storeBytes(of: quad, as: Quad.self)
  }
}
