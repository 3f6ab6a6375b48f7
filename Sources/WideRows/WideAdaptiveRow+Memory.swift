internal import CProcessor

/// Where the weights of four features are, and what is kept of them between the passes; the layout is that of `WideAdaptiveRow`.
extension WideAdaptiveRow {
  @inline(__always)
  func four(_ position: Int) -> FourWeights {
    FourWeights(
      a: weight(position), b: weight(position &+ 1), c: weight(position &+ 2), d: weight(position &+ 3))
  }

  @inline(__always)
  func values(_ position: Int) -> SIMD4<Float> {
    UnsafeRawPointer(row.values + position).loadUnaligned(as: SIMD4<Float>.self)
  }

  @inline(__always)
  func weight(_ position: Int) -> UnsafeMutableRawPointer {
    row.weights + Int(row.features[position]) &* 24
  }

  /// The rates of weights that have scales.
  @inline(__always)
  func rates(_ position: Int) -> Quad {
    let (rates, features) = (rates.unsafelyUnwrapped, row.features + position)
    return Quad(rates[Int(features[0])], rates[Int(features[1])], rates[Int(features[2])], rates[Int(features[3])])
  }

  @inline(__always)
  func storeRates(_ quad: Quad, _ position: Int) {
    let (rates, features) = (rates.unsafelyUnwrapped, row.features + position)
    rates[Int(features[0])] = quad[0]
    rates[Int(features[1])] = quad[1]
    rates[Int(features[2])] = quad[2]
    rates[Int(features[3])] = quad[3]
  }

  /// Asks memory for a weight that is likely to be needed soon, which may lie in two lines of the cache.
  @inline(__always)
  func fetch(_ rule: Rule, _ position: Int) {
    let feature = Int(row.ahead[position])
    let weight = row.weights + feature &* 24
    prefetch(weight)
    prefetch(weight + 23)
    if rule.hasScales, rule.shrinks { prefetch(rates.unsafelyUnwrapped + feature) }
  }

  /// What is kept of four features.
  @inline(__always)
  func quad(_ position: Int, _ offset: Int) -> Quad {
    (row.room + position &* 32 + offset).loadUnaligned(as: Quad.self)
  }

  @inline(__always)
  func keep(_ quad: Quad, _ position: Int, _ offset: Int) {
    (row.room + position &* 32 + offset).storeBytes(of: quad, as: Quad.self)
  }

  /// As many fours as there are.
  @inline(__always)
  var fours: WideAdaptiveRow {
    var part = self
    part.row.count &= ~3
    return part
  }

  /// The copy of the rest, as four; or none.
  @inline(__always)
  var rest: WideAdaptiveRow {
    let copy = row.room + (row.count &+ 3) / 4 &* 128
    let features = (copy + 96).assumingMemoryBound(to: UInt32.self)
    var part = self
    part.row = WideRow(
      features: features, values: UnsafeRawPointer(copy + 112).assumingMemoryBound(to: Float.self), ahead: features,
      count: row.count & 3 == 0 ? 0 : 4, weights: copy, room: row.room + (row.count & ~3) &* 32)
    part.rates = (copy + 128).assumingMemoryBound(to: Double.self)
    return part
  }

  /// - Parameter body: is handed what has the four that begin at a position.
  @inline(__always)
  func each(_ body: (_ part: WideAdaptiveRow, _ position: Int) -> Void) {
    var (part, isLast) = (fours, false)
    while true {
      var position = 0
      while position < part.row.count {
        body(part, position)
        position &+= 4
      }
      if isLast { return }
      (part, isLast) = (rest, true)
    }
  }

  /// The same from the end, where rare features mostly are, whose weights come late from memory.
  @inline(__always)
  func eachFromEnd(_ body: (_ part: WideAdaptiveRow, _ position: Int) -> Void) {
    var (part, isLast) = (rest, false)
    while true {
      var position = part.row.count
      while position > 0 {
        position &-= 4
        body(part, position)
      }
      if isLast { return }
      (part, isLast) = (fours, true)
    }
  }

  /// Copies the rest, before anything is done.
  @inline(__always)
  func copyRest() {
    let (rest, start) = (rest.row, row.count & ~3)
    rest.weights.storeBytes(of: SIMD16<Double>(), as: SIMD16<Double>.self)
    rest.weights.storeBytes(of: Quad(), toByteOffset: 128, as: Quad.self)
    UnsafeMutableRawPointer(mutating: rest.features).storeBytes(of: SIMD4(0, 1, 2, 3), as: SIMD4<UInt32>.self)
    for place in start..<row.count {
      (rest.weights + (place &- start) &* 24).copyMemory(from: weight(place), byteCount: 24)
      UnsafeMutablePointer(mutating: rest.values)[place &- start] = row.values[place]
      if let rates { self.rest.rates.unsafelyUnwrapped[place &- start] = rates[Int(row.features[place])] }
    }
  }

  /// Puts the copy back, after all is done.
  @inline(__always)
  func putRestBack() {
    let (rest, start) = (rest.row, row.count & ~3)
    for place in start..<row.count {
      weight(place).copyMemory(from: rest.weights + (place &- start) &* 24, byteCount: 24)
      if let rates { rates[Int(row.features[place])] = self.rest.rates.unsafelyUnwrapped[place &- start] }
    }
  }
}
