/// One sample's passes over weights with rates of their own, by bare pointers, which check indices in debug builds only:
/// `AdaptivePass` vouches for them.
///
/// Two features at a time, which are put between the passes side by side:
///
///     | paid weight | paid weight | x | x | 1/rate | 1/rate |      six Float64s a pair
///
/// `Rule` says at compile time what the loops hold.
struct AdaptiveRow<Rule: AdaptiveRule> {
  typealias Coordinate = AdaptiveWeights.Coordinate

  let features: UnsafeBufferPointer<UInt32>
  /// As many.
  let values: UnsafeBufferPointer<Float>
  let weights: UnsafeMutableBufferPointer<Coordinate>
  /// Room for six numbers for every two features, begun ones too.
  let scratch: UnsafeMutableBufferPointer<Double>
  /// As many features, which are likely to be needed next.
  let ahead: UnsafeBufferPointer<UInt32>
  /// λ1 and λ2.
  let gravity: Double
  let decay: Double
  /// For longer times the series in `shrink` is not exact to Float64's rounding: 1/64 of decay.
  let longest: Double
  /// 1/λ1, finite.
  let timePerGravity: Double

  /// How much room so many features take.
  static func room(for features: Int) -> Int { (features + 1) / 2 * 6 }

  private var count: Int { features.count }

  // MARK: Bringing up to date

  /// Brings the row's weights up to date, and their scales.
  ///
  /// - Returns: Σ w x, and Σ (x/s)² where the rule has scales.
  @inline(__always)
  func settle(at now: Double) -> (sum: Double, norm: Double) {
    var (even, odd) = (Pair.zero, Pair.zero)
    var norms = Pair.zero
    var position = 0
    while position &+ 4 <= count {
      even += settle(position, position &+ 1, now, &norms)
      odd += settle(position &+ 2, position &+ 3, now, &norms)
      position &+= 4
    }
    while position &+ 2 <= count {
      even += settle(position, position &+ 1, now, &norms)
      position &+= 2
    }
    even += odd
    var (sum, norm) = (even[0] + even[1], norms[0] + norms[1])
    // The last one, alone, is both halves of its pair.
    if position < count {
      var alone = Pair.zero
      sum += settle(position, position, now, &alone)[0]
      norm += alone[0]
    }
    return (sum, norm)
  }

  /// - Returns: w x.
  @inline(__always)
  private func settle(_ first: Int, _ second: Int, _ now: Double, _ norms: inout Pair) -> Pair {
    let (one, other) = (weight(first), weight(second))
    var (weights, scalesOrRates) = valuesAndScalesOrRates(one, other)
    if Rule.hasGravity || Rule.hasDecay {
      let owed = Pair(repeating: now) - Pair(one.pointee.mark, other.pointee.mark)
      // What was paid ahead is not paid back.
      let time = Pair.greater(owed, .zero) * rate(one, other, scalesOrRates)
      if Rule.hasDecay, time.anyExceeds(longest) {
        weights[0] = settledSlowly(one.pointee, at: now)
        weights[1] = settledSlowly(other.pointee, at: now)
      } else {
        weights = shrink(weights, time)
      }
    }
    let x = Pair(values[first], values[second])
    if Rule.hasScales {
      if abs(values[first]) > one.pointee.scaleOrRate || abs(values[second]) > other.pointee.scaleOrRate {
        rescale(first, &weights[0])
        if second == first { weights[1] = weights[0] } else { rescale(second, &weights[1]) }
      }
      // Where a scale is still 0, so is x.
      let floor = Pair(repeating: Double(Float.leastNonzeroMagnitude))
      let share = x / Pair.greater(Pair(one.pointee.scaleOrRate, other.pointee.scaleOrRate), floor)
      norms += share * share
    }
    let place = (first &>> 1) &* 6
    store(weights, place)
    store(x, place &+ 2)
    return weights * x
  }

  /// `ShrinkageFlow.shrink` for short debts, without branches: w less φ(x) s (d |w| + g), with the decay and the pull of
  /// gravity each on its own, and gravity's cut to what is left.
  ///
  /// - Parameter time: the rates times the time owed, at least 0.
  @inline(__always)
  private func shrink(_ weights: Pair, _ time: Pair) -> Pair {
    var time = time
    var left = weights
    if Rule.hasDecay {
      let x = time * decay
      // φ(x) = (1 − e^(−x))/x.
      var series: Pair = 1.0 / 120 - x * (1.0 / 720)
      series = 1.0 / 24 - x * series
      series = 1.0 / 6 - x * series
      series = 0.5 - x * series
      time *= 1 - x * series
      left -= weights * (time * decay)
    }
    if !Rule.hasGravity { return left }
    let pull = time * gravity
    return left - Pair.lesser(Pair.greater(left, -pull), pull)
  }

  @inline(never)
  private func settledSlowly(_ coordinate: Coordinate, at now: Double) -> Double {
    let rate = rate(coordinate)
    let flow = ShrinkageFlow(gravity: gravity * rate, decay: decay * rate, threshold: .infinity)
    return flow.shrink(Double(coordinate.value), over: max(0, now - coordinate.mark))
  }

  /// The rates at which debts are paid.
  @inline(__always)
  private func rate(
    _ one: UnsafeMutablePointer<Coordinate>, _ other: UnsafeMutablePointer<Coordinate>, _ scalesOrRates: Pair
  ) -> Pair {
    if !Rule.hasScales { return scalesOrRates }
    return AdaptiveWeights.rate(Pair(one.pointee.sum, other.pointee.sum).squareRoots * scalesOrRates)
  }

  private func rate(_ coordinate: Coordinate) -> Double {
    if !Rule.hasScales { return Double(coordinate.scaleOrRate) }
    return AdaptiveWeights.rate(Pair(repeating: coordinate.sum.squareRoot() * Double(coordinate.scaleOrRate)))[0]
  }

  /// Takes in a value larger than any before: the weight goes over into the new units.
  @inline(never)
  private func rescale(_ position: Int, _ weight: inout Double) {
    let size = abs(values[position])
    let scale = self.weight(position).pointee.scaleOrRate
    guard size > scale else { return }
    // A weight that comes from another rule has met no value yet.
    if scale > 0 { weight *= Double(scale) / Double(size) }
    self.weight(position).pointee.scaleOrRate = size
  }

  // MARK: Learning

  /// Adds the sample's squared gradients, and keeps the rates that they make.
  ///
  /// - Returns: Σ r x².
  @inline(__always)
  func accumulate(_ slope: Double) -> Double {
    var sums = Pair.zero
    var position = 0
    while position &+ 2 <= count {
      sums += accumulate(position, position &+ 1, slope)
      position &+= 2
    }
    var sum = sums[0] + sums[1]
    if position < count { sum += accumulate(position, position, slope)[0] }
    return sum
  }

  @inline(__always)
  private func accumulate(_ first: Int, _ second: Int, _ slope: Double) -> Pair {
    let x = load((first &>> 1) &* 6 &+ 2)
    let root = root(first, second, x * slope)
    store(root, (first &>> 1) &* 6 &+ 4)
    return AdaptiveWeights.rate(root) * x * x
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
    each { first, second in
      move(first, second, push, load((first &>> 1) &* 6 &+ 2), load((first &>> 1) &* 6 &+ 4), now)
    }
  }

  /// Both at once, where how far weights move does not depend on the new rates.
  ///
  /// - Parameter slope: of the gradients.
  @inline(__always)
  func accumulateAndMove(_ slope: Double, by push: Double, at now: Double) -> UInt64 {
    each { first, second in
      let x = load((first &>> 1) &* 6 &+ 2)
      return move(first, second, push, x, root(first, second, x * slope), now)
    }
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
    _ first: Int, _ second: Int, _ push: Double, _ x: Pair, _ root: Pair, _ now: Double
  ) -> UInt64 {
    let (one, other) = (weight(first), weight(second))
    fetch(first)
    fetch(second)
    let rate = AdaptiveWeights.rate(root)
    var moved = load((first &>> 1) &* 6) - x * (rate * push)
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
      let mark = (Pair(repeating: now) - ahead(Pair(rounded).magnitudes, moved.magnitudes, root)).whole
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
    let unpaid = (rounded - exact) * root
    if !Rule.hasDecay { return unpaid * timePerGravity }
    let speed = rounded * decay + gravity
    // So that nothing is divided by 0. Where less than this is ever due, no remainder of it is either.
    return unpaid / Pair.greater(speed, Pair(repeating: 1e-170))
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

  @inline(__always)
  private func load(_ place: Int) -> Pair {
    UnsafeRawPointer(scratch.baseAddress.unsafelyUnwrapped).loadUnaligned(fromByteOffset: place &* 8, as: Pair.self)
  }

  @inline(__always)
  private func store(_ pair: Pair, _ place: Int) {
    let room = UnsafeMutableRawPointer(scratch.baseAddress.unsafelyUnwrapped)
    room.storeBytes(of: pair, toByteOffset: place &* 8, as: Pair.self)
  }
}
