/// One sample's passes over weights with rates of their own, by bare pointers, which check indices in debug builds only:
/// `AdaptivePass` vouches for them.
///
/// Two features at a time. Between the passes four lie side by side, as for `WideAdaptiveRow`:
///
///     | paid weight (four) | x (four) | 1/rate (four) | rate (four) |      Float64s
///
/// `Rule` says at compile time what the loops hold.
struct AdaptiveRow<Rule: AdaptiveRule> {
  typealias Coordinate = AdaptiveWeights.Coordinate

  let features: UnsafeBufferPointer<UInt32>
  /// As many.
  let values: UnsafeBufferPointer<Float>
  let weights: UnsafeMutableBufferPointer<Coordinate>
  /// Where the rule has scales and anything shrinks, the rates of the weights, before and after.
  let rates: UnsafeMutableBufferPointer<Double>
  /// Room for sixteen numbers for every four features, begun ones too, and for what `WideAdaptiveRow` copies.
  let room: UnsafeMutableBufferPointer<Double>
  /// As many features, which are likely to be needed next.
  let ahead: UnsafeBufferPointer<UInt32>
  /// λ1 and λ2.
  let gravity: Double
  let decay: Double
  /// λ1/λ2, finite.
  let gravityPerDecay: Double
  /// 1/λ1, finite.
  let timePerGravity: Double

  /// How much room so many features take.
  static func room(for features: Int) -> Int { (features + 3) / 4 * 16 + 20 }

  private var count: Int { features.count }

  // MARK: Bringing up to date

  /// Brings the row's weights up to date, and their scales; from the end, as `UniformRow`.
  ///
  /// - Parameter norm: gets Σ (x/s)² where the rule has scales.
  /// - Returns: Σ w x.
  @inline(__always)
  func settle(at now: Double, norm: inout Double) -> Double {
    var (even, odd) = (Pair.zero, Pair.zero)
    var norms = (even: Pair.zero, odd: Pair.zero)
    var position = count & ~3
    if position &+ 1 < count { even += settle(position, position &+ 1, now, &norms.even) }
    // The last one, alone, is both halves of its pair.
    if count & 1 != 0 {
      let last = count &- 1
      var share = Pair.zero
      let alone = settle(last, last, now, &share)
      if last & 2 == 0 {
        even[0] += alone[0]
        norms.even[0] += share[0]
      } else {
        odd[0] += alone[0]
        norms.odd[0] += share[0]
      }
    }
    while position > 0 {
      position &-= 4
      even += settle(position, position &+ 1, now, &norms.even)
      odd += settle(position &+ 2, position &+ 3, now, &norms.odd)
    }
    even += odd
    norms.even += norms.odd
    if Rule.hasScales { norm = norms.even[0] + norms.even[1] }
    return even[0] + even[1]
  }

  /// - Returns: w x.
  @inline(__always)
  private func settle(_ first: Int, _ second: Int, _ now: Double, _ norms: inout Pair) -> Pair {
    let (one, other) = (weight(first), weight(second))
    var (weights, scalesOrRates) = valuesAndScalesOrRates(one, other)
    if Rule.hasGravity || Rule.hasDecay {
      let owed = Pair(repeating: now) - Pair(one.pointee.mark, other.pointee.mark)
      // What was paid ahead is not paid back.
      let time = Pair.greater(owed, .zero) * (Rule.hasScales ? rates(first, second) : scalesOrRates)
      weights = Rule.hasDecay ? decayed(weights, time * decay) : pulled(weights, time * gravity)
    }
    let x = Pair(values[first], values[second])
    if Rule.hasScales {
      if abs(values[first]) > one.pointee.scaleOrRate || abs(values[second]) > other.pointee.scaleOrRate {
        weights[0] = rescaled(first, weights[0])
        weights[1] = second == first ? weights[0] : rescaled(second, weights[1])
      }
      // Where a scale is still 0, so is x.
      let floor = Pair(repeating: Double(Float.leastNonzeroMagnitude))
      let share = x / Pair.greater(Pair(one.pointee.scaleOrRate, other.pointee.scaleOrRate), floor)
      norms += share * share
    }
    store(weights, place(first))
    store(x, place(first) &+ 4)
    return weights * x
  }

  /// The rates at which weights that have scales pay their debts.
  @inline(__always)
  private func rates(_ first: Int, _ second: Int) -> Pair {
    Pair(rates[Int(features[first])], rates[Int(features[second])])
  }

  /// Takes in the value at a position, if it is larger than any before.
  ///
  /// - Returns: the weight, which goes over into the new units.
  @inline(never)
  private func rescaled(_ position: Int, _ weight: Double) -> Double {
    let size = abs(values[position])
    let scale = self.weight(position).pointee.scaleOrRate
    guard size > scale else { return weight }
    self.weight(position).pointee.scaleOrRate = size
    // A weight that comes from another rule has met no value yet.
    return scale > 0 ? weight * (Double(scale) / Double(size)) : weight
  }

  // MARK: Learning

  /// Adds the sample's squared gradients, and keeps the rates that they make.
  ///
  /// - Returns: Σ r x².
  @inline(__always)
  func accumulate(_ slope: Double) -> Double {
    var (even, odd) = (Pair.zero, Pair.zero)
    var position = 0
    while position < count & ~3 {
      even += accumulate(position, position &+ 1, slope)
      odd += accumulate(position &+ 2, position &+ 3, slope)
      position &+= 4
    }
    if position &+ 1 < count {
      even += accumulate(position, position &+ 1, slope)
      position &+= 2
    }
    if position < count {
      let alone = accumulate(position, position, slope)[0]
      if position & 2 == 0 { even[0] += alone } else { odd[0] += alone }
    }
    even += odd
    return even[0] + even[1]
  }

  @inline(__always)
  private func accumulate(_ first: Int, _ second: Int, _ slope: Double) -> Pair {
    let x = load(place(first) &+ 4)
    let root = root(first, second, x * slope)
    let rate = AdaptiveWeights.rate(root)
    store(root, place(first) &+ 8)
    store(rate, place(first) &+ 12)
    if Rule.hasScales, Rule.hasGravity || Rule.hasDecay {
      rates[Int(features[first])] = rate[0]
      rates[Int(features[second])] = rate[1]
    }
    return rate * x * x
  }

  /// Adds the squares of two gradients.
  ///
  /// - Returns: one over the rates after that.
  @inline(__always)
  private func root(_ first: Int, _ second: Int, _ gradient: Pair) -> Pair {
    let (one, other) = (weight(first), weight(second))
    let sum = Pair(one.pointee.sum, other.pointee.sum) + gradient * gradient
    one.pointee.sum = sum[0]
    other.pointee.sum = sum[1]
    var root = sum.squareRoots
    if Rule.hasScales { root *= Pair(one.pointee.scaleOrRate, other.pointee.scaleOrRate) }
    return root
  }

  /// Moves paid weights against the row by rates that were kept, and rounds each once.
  ///
  /// - Returns: how many had to be held back.
  @inline(__always)
  func move(by push: Double, at now: Double) -> UInt64 {
    each { first, second in move(first, second, push, now) }
  }

  @inline(__always)
  private func each(_ body: (Int, Int) -> UInt64) -> UInt64 {
    var count: UInt64 = 0
    var position = 0
    while position &+ 2 <= features.count {
      count &+= body(position, position &+ 1)
      position &+= 2
    }
    if position < features.count { count &+= body(position, position) }
    return count
  }

  @inline(__always)
  private func move(
    _ first: Int, _ second: Int, _ push: Double, _ now: Double
  ) -> UInt64 {
    let (one, other) = (weight(first), weight(second))
    fetch(first)
    fetch(second)
    let rate = load(place(first) &+ 12)
    var moved = load(place(first)) - load(place(first) &+ 4) * (rate * push)
    var clamped: UInt64 = 0
    if moved.magnitudes.anyExceeds(LinearLearner.largestWeight) {
      (moved, clamped) = clamp(moved, second == first)
    }
    let rounded = moved.rounded
    if Rule.hasScales {
      one.pointee.value = rounded[0]
      other.pointee.value = rounded[1]
    } else {
      let both = rounded.zipped(with: rate.rounded)
      UnsafeMutableRawPointer(one).storeBytes(of: both.lowHalf, as: SIMD2<Float>.self)
      UnsafeMutableRawPointer(other).storeBytes(of: both.highHalf, as: SIMD2<Float>.self)
    }
    if Rule.hasGravity || Rule.hasDecay {
      let ahead = ahead(Pair(rounded).magnitudes, moved.magnitudes, load(place(first) &+ 8))
      let mark = (Pair(repeating: now) - ahead).whole
      one.pointee.mark = mark[0]
      other.pointee.mark = mark[1]
    }
    return clamped
  }

  /// The time in which is paid what rounding left unpaid: `AdaptiveWeights.carry`, with 1/r for a rate.
  ///
  /// Weights whose rounding leaves nothing, and those that are 0, may get any mark that is not late: there is nothing to pay.
  @inline(__always)
  private func ahead(_ rounded: Pair, _ exact: Pair, _ root: Pair) -> Pair {
    let unpaid = rounded - exact
    if !Rule.hasDecay { return unpaid * root * timePerGravity }
    // As of before rounding, which is known earlier, and hardly another.
    let speed = exact * decay + gravity
    // So that nothing becomes infinite: roots are below 1e200. Where less than this is ever due, no remainder of it is either.
    return unpaid * (root / Pair.greater(speed, Pair(repeating: 1e-100)))
  }

  @inline(never)
  private func clamp(_ moved: Pair, _ isAlone: Bool) -> (Pair, UInt64) {
    var held = moved
    var clamped: UInt64 = 0
    for lane in 0..<2 where abs(moved[lane]) > LinearLearner.largestWeight {
      held[lane] = moved[lane] < 0 ? -LinearLearner.largestWeight : LinearLearner.largestWeight
      if lane == 0 || !isAlone { clamped += 1 }
    }
    return (held, clamped)
  }

  // MARK: Memory

  /// Each pair of neighbours in one load, as they are stored.
  @inline(__always)
  private func valuesAndScalesOrRates(
    _ one: UnsafeMutablePointer<Coordinate>, _ other: UnsafeMutablePointer<Coordinate>
  ) -> (Pair, Pair) {
    let first = UnsafeRawPointer(one).loadUnaligned(as: SIMD2<Float>.self)
    let second = UnsafeRawPointer(other).loadUnaligned(as: SIMD2<Float>.self)
    return (Pair(first[0], second[0]), Pair(first[1], second[1]))
  }

  @inline(__always)
  private func weight(_ position: Int) -> UnsafeMutablePointer<Coordinate> {
    // Weights are asked for where there are any.
    weights.baseAddress.unsafelyUnwrapped + Int(features[position])
  }

  /// Asks memory for a weight that is likely to be needed soon.
  @inline(__always)
  private func fetch(_ position: Int) {
    UnsafePointer(weights.baseAddress.unsafelyUnwrapped + Int(ahead[position])).fetchWhole()
  }

  /// Where a feature's paid weight is; its x, one over its rate, and its rate are each four further on.
  @inline(__always)
  private func place(_ position: Int) -> Int { (position &>> 2) &* 16 &+ (position & 3) }

  @inline(__always)
  private func load(_ place: Int) -> Pair {
    UnsafeRawPointer(room.baseAddress.unsafelyUnwrapped).loadUnaligned(fromByteOffset: place &* 8, as: Pair.self)
  }

  @inline(__always)
  private func store(_ pair: Pair, _ place: Int) {
    let room = UnsafeMutableRawPointer(room.baseAddress.unsafelyUnwrapped)
    room.storeBytes(of: pair, toByteOffset: place &* 8, as: Pair.self)
  }
}
