/// One sample's passes over uniform weights, by bare pointers, which check indices in debug builds only: `UniformWeights`
/// vouches for them.
///
/// Two features at a time, each weight in one load and one store of its 16 bytes:
///
///     | value, Float32 | epoch, UInt32 | mark, Float64 |
struct UniformRow {
  typealias Coordinate = UniformWeights.Coordinate
  private typealias Bits = SIMD4<UInt32>

  let features: UnsafeBufferPointer<UInt32>
  /// As many.
  let values: UnsafeBufferPointer<Float>
  let weights: UnsafeMutableBufferPointer<Coordinate>
  /// Room for the row's paid weights, and one more: the last one, alone, is half of a pair.
  let settled: UnsafeMutableBufferPointer<Double>

  private var count: Int { features.count }

  /// Σ v x where nothing is owed but decay, if that.
  ///
  /// - Parameter epoch: nil where there are no epochs, for want of decay.
  /// - Returns: nil where a weight is not in the units of `epoch`.
  @inline(__always)
  func settleDecay(_ epoch: UInt32?) -> Double? {
    sum(epoch) { value, _ in value }
  }

  /// Σ v x after gravity up to `pull`.
  ///
  /// What a weight owes is at least 0: within an epoch the pull only grows. Without branches, because nothing predicts
  /// which weights are at zero or what sign they have: at most one of the two terms is not 0.
  @inline(__always)
  func settleGravity(_ pull: Double, _ epoch: UInt32?) -> Double? {
    sum(epoch) { value, mark in
      let owed = SIMD2(repeating: pull) - mark
      return greater(value - owed, zero) + lesser(value + owed, zero)
    }
  }

  /// Σ v x in any case: θ, and weights of earlier epochs.
  func settle(_ clock: ShrinkageClock, _ penalty: Penalty) -> Double {
    var sum = 0.0
    for position in 0..<count {
      let paid = clock.settled(weights[Int(features[position])], penalty)
      settled[position] = paid
      sum += paid * Double(values[position])
    }
    return sum
  }

  /// Moves paid weights against the row, and rounds each once.
  @inline(__always)
  func move(by push: Double, epoch: UInt32, mark: Double) {
    let fresh = unsafeBitCast(Coordinate(value: 0, epoch: epoch, mark: mark), to: Bits.self)
    let push = SIMD2(repeating: push)
    var position = 0
    while position &+ 4 <= count {
      movePair(position, push, fresh)
      movePair(position &+ 2, push, fresh)
      position &+= 4
    }
    while position < count {
      put(Float(settled[position] - push[0] * Double(values[position])), fresh, position)
      position &+= 1
    }
  }

  @inline(__always)
  private func movePair(_ position: Int, _ push: SIMD2<Double>, _ fresh: Bits) {
    let paid = UnsafeRawBufferPointer(settled).loadUnaligned(fromByteOffset: position &* 8, as: SIMD2<Double>.self)
    let moved = paid - push * pair(position)
    put(Float(moved[0]), fresh, position)
    put(Float(moved[1]), fresh, position &+ 1)
  }

  /// Moves paid weights, and holds them back at `limit`.
  ///
  /// - Returns: how many had to be held back.
  func moveClamped(by push: Double, limit: Double, epoch: UInt32, mark: Double) -> UInt64 {
    let fresh = unsafeBitCast(Coordinate(value: 0, epoch: epoch, mark: mark), to: Bits.self)
    var clamped: UInt64 = 0
    for position in 0..<count {
      var moved = settled[position] - push * Double(values[position])
      if abs(moved) > limit {
        clamped += 1
        moved = moved < 0 ? -limit : limit
      }
      put(Float(moved), fresh, position)
    }
    return clamped
  }

  /// Pays weights and sums them times values. Four sums at once, because in a single one each addition waits for the one
  /// before.
  @inline(__always)
  private func sum(
    _ epoch: UInt32?, _ pay: (_ value: SIMD2<Double>, _ mark: SIMD2<Double>) -> SIMD2<Double>
  ) -> Double? {
    var others = Bits.zero
    var (even, odd) = (zero, zero)
    var position = 0
    while position &+ 4 <= count {
      even += pair(position) * paid(position, position &+ 1, epoch, &others, pay)
      odd += pair(position &+ 2) * paid(position &+ 2, position &+ 3, epoch, &others, pay)
      position &+= 4
    }
    while position &+ 2 <= count {
      even += pair(position) * paid(position, position &+ 1, epoch, &others, pay)
      position &+= 2
    }
    if position < count {
      odd[0] += Double(values[position]) * paid(position, position, epoch, &others, pay)[0]
    }
    even += odd
    return others[2] | others[3] == 0 ? even[0] + even[1] : nil
  }

  /// Two weights, paid and put into `settled`.
  @inline(__always)
  private func paid(
    _ first: Int, _ second: Int, _ epoch: UInt32?, _ others: inout Bits,
    _ pay: (_ value: SIMD2<Double>, _ mark: SIMD2<Double>) -> SIMD2<Double>
  ) -> SIMD2<Double> {
    let weights = UnsafeRawBufferPointer(weights)
    let a = weights.loadUnaligned(fromByteOffset: Int(features[first]) &* 16, as: Bits.self)
    let b = weights.loadUnaligned(fromByteOffset: Int(features[second]) &* 16, as: Bits.self)
    let valuesAndEpochs = Bits(a[0], b[0], a[1], b[1])
    if let epoch { others |= valuesAndEpochs ^ Bits(repeating: epoch) }
    // Same sizes, and any bits make Float32s and Float64s.
    let value = SIMD2<Double>(unsafeBitCast(valuesAndEpochs.lowHalf, to: SIMD2<Float>.self))
    let mark = unsafeBitCast(Bits(a[2], a[3], b[2], b[3]), to: SIMD2<Double>.self)
    let paid = pay(value, mark)
    UnsafeMutableRawBufferPointer(settled).storeBytes(of: paid, toByteOffset: first &* 8, as: SIMD2<Double>.self)
    return paid
  }

  /// Two values of the row.
  @inline(__always)
  private func pair(_ position: Int) -> SIMD2<Double> {
    let values = UnsafeRawBufferPointer(values)
    return SIMD2<Double>(values.loadUnaligned(fromByteOffset: position &* 4, as: SIMD2<Float>.self))
  }

  @inline(__always)
  private func put(_ value: Float, _ fresh: Bits, _ position: Int) {
    var bits = fresh
    bits[0] = value.bitPattern
    UnsafeMutableRawBufferPointer(weights).storeBytes(
      of: bits, toByteOffset: Int(features[position]) &* 16, as: Bits.self)
  }
}

@inline(__always)
private var zero: SIMD2<Double> { SIMD2(repeating: 0) }

/// The greater of each pair; one machine instruction, which the standard library's for any numbers is not.
@inline(__always)
private func greater(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> { a.replacing(with: b, where: a .< b) }

@inline(__always)
private func lesser(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> { a.replacing(with: b, where: a .> b) }
