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
///     | weight, then paid (four) | x (four) | debt, then 1/rate (four) | scale, then rate (four) |      Float64s
///
/// Up to three features that make no four are learned in a copy, with zeros for those that are missing: so that loops never ask
/// how many there are. Behind the numbers of the last four is room for it:
///
///     | four weights | features (four): UInt32 | values (four): Float32 | rates (four): Float64 |
extension WideAdaptiveRow {
  /// Brings the row's weights up to date, and their scales.
  ///
  /// - Parameter norm: gets Σ (x/s)² where there are scales.
  /// - Returns: Σ w x.
  /// - Complexity: O(count), as of all here.
  @inline(never)
  public func settle(at now: Double, norm: inout Double) -> Double {
    if row.count & 3 != 0 { copyRest() }
    return byRule { rule in settle(rule, now, &norm) }
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
    let clamped = byRule { rule in
      var furthest = Quad()
      each { part, position in
        furthest = greater_of_four(magnitudes_of_four(part.move(rule, position, push, now, .infinity)), furthest)
      }
      // Looking at each costs more than doing it again, which is hardly ever needed.
      if !any_of_four(greater_mask(furthest, Quad(repeating: largest))) { return UInt64(0) }
      var clamped = SIMD4<Int64>()
      each { part, position in
        let moved = part.move(rule, position, push, now, largest)
        // All bits of a true one make −1.
        clamped &-= greater_mask(magnitudes_of_four(moved), Quad(repeating: largest))
      }
      return UInt64(truncatingIfNeeded: clamped.wrappedSum())
    }
    if row.count & 3 != 0 { putRestBack() }
    return clamped
  }

  // MARK: Rules

  /// What there is to be done: constants, so that loops hold nothing of what is not there.
  struct Rule {
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
    var (sums, norms, longest) = (Quad(), Quad(), Quad())
    // In a loop of its own, which waits less: what comes late from memory does not hold up the rest.
    if rule.shrinks {
      eachFromEnd { part, position in longest = greater_of_four(part.prepare(rule, position, now), longest) }
    }
    // Mostly there are none in a whole row.
    if rule.hasDecay, any_of_four(greater_mask(longest, Quad(repeating: DecaySeries.longest))) {
      eachFromEnd { part, position in sums += part.settle(rule, position, hasLongDebts: true, &norms) }
    } else {
      eachFromEnd { part, position in sums += part.settle(rule, position, hasLongDebts: false, &norms) }
    }
    if rule.hasScales { norm = total(norms) }
    return total(sums)
  }

  /// Keeps for each weight what `settle` pays.
  ///
  /// - Returns: x of `decayed`, or how far gravity pulls.
  @inline(__always)
  private func prepare(_ rule: Rule, _ position: Int, _ now: Double) -> Quad {
    let four = four(position)
    let both = four.valuesAndScalesOrRates
    let scalesOrRates = widened_four(both.oddHalf)
    // What was paid ahead is not paid back.
    let time = greater_of_four(now - four.numbers(at: 16), Quad())
    let debt = time * (rule.hasScales ? rates(position) : scalesOrRates)
    let owed = rule.hasDecay ? debt * decay : debt * gravity
    keep(owed, position, 64)
    keep(widened_four(both.evenHalf), position, 0)
    if rule.hasScales { keep(scalesOrRates, position, 96) }
    return owed
  }

  /// - Returns: w x.
  @inline(__always)
  private func settle(_ rule: Rule, _ position: Int, hasLongDebts: Bool, _ norms: inout Quad) -> Quad {
    let x = widened_four(values(position))
    var weights: Quad
    var scales = Quad()
    if rule.shrinks {
      weights = quad(position, 0)
      if rule.hasScales { scales = quad(position, 96) }
    } else {
      let both = four(position).valuesAndScalesOrRates
      weights = widened_four(both.evenHalf)
      if rule.hasScales {
        scales = widened_four(both.oddHalf)
        keep(scales, position, 96)
      }
    }
    if rule.hasDecay {
      weights = decayed(rule, weights, quad(position, 64), hasLongDebts)
    } else if rule.hasGravity {
      weights = pulled(weights, quad(position, 64))
    }
    if rule.hasScales {
      let larger = greater_mask(magnitudes_of_four(x), scales)
      if any_of_four(larger) { rescale(position, &weights, &scales, magnitudes_of_four(x), larger) }
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
    _ position: Int, _ weights: inout Quad, _ scales: inout Quad, _ sizes: Quad, _ larger: SIMD4<Int64>
  ) {
    // A weight that comes from another rule has met no value yet.
    let known = SIMDMask(larger & greater_mask(scales, Quad()))
    weights.replace(with: weights * (scales / sizes), where: known)
    scales = greater_of_four(sizes, scales)
    four(position).storeScales(rounded_four(scales))
    keep(scales, position, 96)
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
    each { part, position in sums += part.accumulate(rule, position, slope) }
    return total(sums)
  }

  /// - Returns: r x².
  @inline(__always)
  private func accumulate(_ rule: Rule, _ position: Int, _ slope: Double) -> Quad {
    fetch(rule, position)
    fetch(rule, position &+ 1)
    let x = quad(position, 32)
    let root = root(rule, position, x * slope)
    let rate = rate(root)
    if rule.shrinks {
      keep(root, position, 64)
      if rule.hasScales { storeRates(rate, position) }
    }
    keep(rate, position, 96)
    return rate * x * x
  }

  /// - Returns: one over the rates after the gradients.
  @inline(__always)
  private func root(_ rule: Rule, _ position: Int, _ gradient: Quad) -> Quad {
    let four = four(position)
    let sum = together_quad(four.numbers(at: 8) + gradient * gradient)
    four.store(sum, at: 8)
    var root = roots_of_four(sum)
    if rule.hasScales { root *= quad(position, 96) }
    return root
  }

  /// - Returns: where weights would get, if `largest` did not hold them back.
  @inline(__always)
  private func move(
    _ rule: Rule, _ position: Int, _ push: Double, _ now: Double, _ largest: Double
  ) -> Quad {
    fetch(rule, position &+ 2)
    fetch(rule, position &+ 3)
    let four = four(position)
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
    let unpaid = rounded - exact
    if !rule.hasDecay { return unpaid * root * timePerGravity }
    let speed = exact * decay + gravity
    return unpaid * (root / greater_of_four(speed, Quad(repeating: 1e-100)))
  }
}
