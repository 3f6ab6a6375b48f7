public import CProcessor

/// One sample's passes over uniform weights, four features at a time: what `UniformRow` of `OnlineLearning` does, bit for bit.
///
/// Weights are of 16 bytes:
///
///     | value: Float32 | epoch: UInt32 | mark: Float64 |
///
/// Between the passes four features lie side by side in the room, as there, begun ones too:
///
///     | paid weight | paid weight | paid weight | paid weight | x | x | x | x |
///
/// This module alone is compiled for processors with AVX2: whoever calls it has looked (`has_avx2`). Nothing of it is inlined
/// elsewhere, and it has no types for others, whose code the linker would share.
extension WideRow {
  /// Σ v x where nothing is owed but decay.
  ///
  /// - Parameter epoch: nil where there are none.
  /// - Returns: nil where a weight is not of this epoch.
  /// - Complexity: O(count), as of all here.
  @inline(never)
  public func settleDecay(epoch: UInt32?) -> Double? {
    guard let epoch else {
      // The shortest loops leave memory idle for half of the time, unless both ask it for what comes.
      var epochs = NoEpochs()
      return sum(&epochs, fetchesHalf: true) { a, b, c, d, _ in
        Quad(SIMD4(load(a, as: Float.self), load(b, as: Float.self), load(c, as: Float.self), load(d, as: Float.self)))
      }
    }
    var epochs = SameEpoch(epoch)
    let sum = sum(&epochs) { a, b, c, d, epochs in
      let ab = together_four(SIMD4(lowHalf: load(a, as: SIMD2<UInt32>.self), highHalf: load(b, as: SIMD2<UInt32>.self)))
      let cd = together_four(SIMD4(lowHalf: load(c, as: SIMD2<UInt32>.self), highHalf: load(d, as: SIMD2<UInt32>.self)))
      epochs.see(SIMD4(ab[1], ab[3], cd[1], cd[3]))
      return Quad(unsafeBitCast(SIMD4(ab[0], ab[2], cd[0], cd[2]), to: SIMD4<Float>.self))
    }
    return epochs.isPassed ? sum : nil
  }

  /// Σ v x after gravity up to `pull`.
  ///
  /// - Parameter epoch: nil where there are none.
  /// - Returns: nil where a weight is not of this epoch.
  @inline(never)
  public func settleGravity(_ pull: Double, epoch: UInt32?) -> Double? {
    guard let epoch else {
      var epochs = NoEpochs()
      return sum(&epochs) { payGravity($0, $1, $2, $3, pull, &$4) }
    }
    var epochs = SameEpoch(epoch)
    let sum = sum(&epochs) { payGravity($0, $1, $2, $3, pull, &$4) }
    return epochs.isPassed ? sum : nil
  }

  /// Moves paid weights against the row, and rounds each once.
  @inline(never)
  public func move(by push: Double) {
    move(push, fetchesAll: false) { rounded, position, count in
      for lane in 0..<count { weight(position &+ lane).storeBytes(of: rounded[lane], as: Float.self) }
    }
  }

  /// The same, with the epoch that they are of.
  @inline(never)
  public func move(by push: Double, epoch: UInt32) {
    let epochs = together_four(Bits(repeating: epoch))
    move(push) { rounded, position, count in
      let values = unsafeBitCast(rounded, to: Bits.self)
      let ab = together_four(SIMD4(values[0], epochs[0], values[1], epochs[1]))
      let cd = together_four(SIMD4(values[2], epochs[2], values[3], epochs[3]))
      let stamped = (ab.lowHalf, ab.highHalf, cd.lowHalf, cd.highHalf)
      weight(position).storeBytes(of: stamped.0, as: SIMD2<UInt32>.self)
      if count > 1 { weight(position &+ 1).storeBytes(of: stamped.1, as: SIMD2<UInt32>.self) }
      if count > 2 { weight(position &+ 2).storeBytes(of: stamped.2, as: SIMD2<UInt32>.self) }
      if count > 3 { weight(position &+ 3).storeBytes(of: stamped.3, as: SIMD2<UInt32>.self) }
    }
  }

  /// The same, with the epoch and the mark.
  @inline(never)
  public func move(by push: Double, epoch: UInt32, mark: Double) {
    let mark = unsafeBitCast(mark, to: SIMD2<UInt32>.self)
    let stamp = SIMD4(0, epoch, mark[0], mark[1])
    move(push) { rounded, position, count in
      for lane in 0..<count {
        var whole = stamp
        whole[0] = rounded[lane].bitPattern
        weight(position &+ lane).storeBytes(of: whole, as: Bits.self)
      }
    }
  }

  // MARK: Paying

  /// v less v cut to ± what it owes, which is at least 0.
  @inline(__always)
  private func payGravity(
    _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, _ c: UnsafeMutableRawPointer,
    _ d: UnsafeMutableRawPointer, _ pull: Double, _ epochs: inout some EpochCheck
  ) -> Quad {
    let even = together_eight(SIMD8(lowHalf: load(a, as: Bits.self), highHalf: load(c, as: Bits.self)))
    let odd = together_eight(SIMD8(lowHalf: load(b, as: Bits.self), highHalf: load(d, as: Bits.self)))
    epochs.see(SIMD4(even[1], odd[1], even[5], odd[5]))
    // Same sizes, and any bits make Float32s and Float64s.
    let value = Quad(unsafeBitCast(SIMD4(even[0], odd[0], even[4], odd[4]), to: SIMD4<Float>.self))
    let mark = unsafeBitCast(
      SIMD8(even[2], even[3], odd[2], odd[3], even[6], even[7], odd[6], odd[7]), to: Quad.self)
    let pull = Quad(repeating: pull)
    return value - lesser_of_four(greater_of_four(value, mark - pull), pull - mark)
  }

  /// Pays weights and sums them times values, in four sums; from the end, where rare features mostly are, whose weights come
  /// late from memory, to those that the last row had as well.
  @inline(__always)
  private func sum<Epochs: EpochCheck>(
    _ epochs: inout Epochs, fetchesHalf: Bool = false,
    _ pay: (
      UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, inout Epochs
    ) -> Quad
  ) -> Double {
    var sums = Quad()
    var position = count & ~3
    if position < count {
      // Those that are missing are the last one again, times 0.
      let last = count &- 1
      let (second, third) = (position < last ? position &+ 1 : last, position &+ 1 < last ? position &+ 2 : last)
      let x = SIMD4(
        values[position], position < last ? values[second] : 0, position &+ 1 < last ? values[third] : 0, 0)
      let paid = pay(weight(position), weight(second), weight(third), weight(last), &epochs)
      sums += keep(position, paid, Quad(x))
    }
    while position > 0 {
      position &-= 4
      if fetchesHalf {
        fetch(position)
        fetch(position &+ 2)
      }
      let x = UnsafeRawPointer(values + position).loadUnaligned(as: SIMD4<Float>.self)
      let paid = pay(
        weight(position), weight(position &+ 1), weight(position &+ 2), weight(position &+ 3), &epochs)
      sums += keep(position, paid, Quad(x))
    }
    let halves = sums.lowHalf + sums.highHalf
    return halves[0] + halves[1]
  }

  // MARK: Moving

  /// - Parameter put: stores so many of the four, which begin at a position.
  @inline(__always)
  private func move(
    _ push: Double, fetchesAll: Bool = true, _ put: (SIMD4<Float>, _ position: Int, _ count: Int) -> Void
  ) {
    var position = 0
    while position < count & ~3 {
      if fetchesAll {
        fetch(position)
        fetch(position &+ 2)
      }
      fetch(position &+ 1)
      fetch(position &+ 3)
      put(rounded(position, push), position, 4)
      position &+= 4
    }
    if position < count { put(rounded(position, push), position, count &- position) }
  }

  @inline(__always)
  private func rounded(_ position: Int, _ push: Double) -> SIMD4<Float> {
    let moved =
      place(position).loadUnaligned(as: Quad.self) - push * (place(position) + 32).loadUnaligned(as: Quad.self)
    return rounded_four(moved)
  }

  // MARK: Memory

  @inline(__always)
  private func weight(_ position: Int) -> UnsafeMutableRawPointer {
    weights + Int(features[position]) &* 16
  }

  @inline(__always)
  private func fetch(_ position: Int) {
    prefetch(weights + Int(ahead[position]) &* 16)
  }

  /// Where four features are between the passes.
  @inline(__always)
  private func place(_ position: Int) -> UnsafeMutableRawPointer { room + position &* 16 }

  /// - Returns: the products.
  @inline(__always)
  private func keep(_ position: Int, _ weights: Quad, _ x: Quad) -> Quad {
    place(position).storeBytes(of: weights, as: Quad.self)
    (place(position) + 32).storeBytes(of: x, as: Quad.self)
    return weights * x
  }

  @inline(__always)
  private func load<Number>(_ weight: UnsafeMutableRawPointer, as type: Number.Type) -> Number {
    weight.loadUnaligned(as: type)
  }
}

/// Four Float64s that are computed with at once.
typealias Quad = SIMD4<Double>
/// A weight's.
typealias Bits = SIMD4<UInt32>

/// Whether weights are of this epoch: a type, so that loops where it is certain hold nothing of it.
private protocol EpochCheck {
  mutating func see(_ epochs: SIMD4<UInt32>)
}

private struct NoEpochs: EpochCheck {
  @inline(__always)
  func see(_ epochs: SIMD4<UInt32>) {}
}

private struct SameEpoch: EpochCheck {
  private let epoch: SIMD4<UInt32>
  private var others = SIMD4<UInt32>()

  init(_ epoch: UInt32) { self.epoch = SIMD4(repeating: epoch) }

  @inline(__always)
  mutating func see(_ epochs: SIMD4<UInt32>) { others |= epochs ^ epoch }

  var isPassed: Bool { others == SIMD4() }
}
