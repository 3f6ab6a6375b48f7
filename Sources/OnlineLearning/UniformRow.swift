/// One sample's passes over uniform weights, by bare pointers, which check indices in debug builds only: `UniformWeights`
/// vouches for them.
///
/// Two features at a time. Between the passes four lie side by side, as for `WideRow`:
///
///     | paid weight | paid weight | paid weight | paid weight | x | x | x | x |
///
/// Nearly all the time goes into conversions and sums, of which a processor does three at once: so each is made once.
struct UniformRow<Features: RowFeatures> {
  typealias Coordinate = UniformWeights.Coordinate

  let features: Features
  /// As many.
  let values: UnsafeBufferPointer<Float>
  let weights: UnsafeMutableBufferPointer<Coordinate>
  /// Room for eight numbers for every four features, begun ones too.
  let paid: UnsafeMutablePointer<Double>

  private var count: Int { values.count }

  /// Σ v x where nothing is owed but decay.
  ///
  /// - Returns: nil where a weight is not of this epoch.
  @inline(__always)
  func settleDecay(_ epochs: some EpochCheck, fetchesHalf: Bool) -> Double? {
    sum(epochs, fetchesHalf) { first, second, epochs in
      if !epochs.isAny { return Pair(first.pointee.value, second.pointee.value) }
      let both = valuesAndEpochs(first, second)
      epochs.see(both)
      return Pair(unsafeBitCast(both.lowHalf, to: SIMD2<Float>.self))
    }
  }

  /// Σ v x after gravity up to `pull`: v less v cut to ± what it owes, which is at least 0, because within an epoch the pull
  /// only grows. Without branches: nothing predicts which weights are at zero or what sign they have.
  @inline(__always)
  func settleGravity(_ pull: Double, _ epochs: some EpochCheck) -> Double? {
    sum(epochs, false) { first, second, epochs in
      let (a, b) = (bits(first), bits(second))
      let both = SIMD4(a[0], b[0], a[1], b[1])
      epochs.see(both)
      // Same sizes, and any bits make Float32s and Float64s.
      let value = Pair(unsafeBitCast(both.lowHalf, to: SIMD2<Float>.self))
      let mark = unsafeBitCast(SIMD4(a[2], a[3], b[2], b[3]), to: Pair.self)
      return value - .lesser(.greater(value, mark - Pair(repeating: pull)), Pair(repeating: pull) - mark)
    }
  }

  /// Σ v x in any case: θ, and weights of earlier epochs.
  func settle(_ clock: ShrinkageClock, _ penalty: Penalty) -> Double {
    var sum = 0.0
    for position in 0..<count {
      let weight = clock.settled(weights[features.index(position)], penalty)
      let x = Double(values[position])
      paid[place(position)] = weight
      paid[place(position) + 4] = x
      sum += weight * x
    }
    return sum
  }

  /// Moves paid weights against the row, and rounds each once.
  @inline(__always)
  func move(by push: Double, _ stamp: UniformStamp, fetchesAll: Bool) {
    let both = Pair(repeating: push)
    var position = 0
    while position < count & ~3 {
      movePair(position, by: both, stamp, fetchesAll: fetchesAll)
      movePair(position &+ 2, by: both, stamp, fetchesAll: fetchesAll)
      position &+= 4
    }
    if position < count & ~1 {
      movePair(position, by: both, stamp, fetchesAll: fetchesAll)
      position &+= 2
    }
    if position < count {
      put(Float(paid[place(position)] - push * paid[place(position) &+ 4]), position, stamp)
    }
  }

  @inline(__always)
  private func movePair(_ position: Int, by push: Pair, _ stamp: UniformStamp, fetchesAll: Bool) {
    if fetchesAll { fetch(position) }
    fetch(position &+ 1)
    let moved = load(place(position)) - push * load(place(position) &+ 4)
    let rounded = moved.rounded
    put(rounded[0], position, stamp)
    put(rounded[1], position &+ 1, stamp)
  }

  /// Moves paid weights, and holds them back at `limit`.
  ///
  /// - Returns: how many had to be held back.
  func moveClamped(by push: Double, limit: Double, _ stamp: UniformStamp) -> UInt64 {
    var clamped: UInt64 = 0
    for position in 0..<count {
      var moved = paid[place(position)] - push * paid[place(position) + 4]
      if abs(moved) > limit {
        clamped += 1
        moved = moved < 0 ? -limit : limit
      }
      put(Float(moved), position, stamp)
    }
    return clamped
  }

  /// Pays weights and sums them times values. Four sums at once, because in a single one each addition waits for the one
  /// before; from the end, where rare features mostly are, whose weights come late from memory, to those that the last row had
  /// as well.
  @inline(__always)
  private func sum<Epochs: EpochCheck>(
    _ start: Epochs, _ fetchesHalf: Bool,
    _ pay: (UnsafeMutablePointer<Coordinate>, UnsafeMutablePointer<Coordinate>, inout Epochs) -> Pair
  ) -> Double? {
    var epochs = start
    var (even, odd) = (Pair(repeating: 0), Pair(repeating: 0))
    var position = count & ~3
    if position &+ 1 < count { even += product(position, position &+ 1, &epochs, fetchesHalf, pay) }
    // The last one, alone, is both halves of its pair.
    if count & 1 != 0 {
      let last = count &- 1
      let alone = product(last, last, &epochs, fetchesHalf, pay)[0]
      if last & 2 == 0 { even[0] += alone } else { odd[0] += alone }
    }
    while position > 0 {
      position &-= 4
      even += product(position, position &+ 1, &epochs, fetchesHalf, pay)
      odd += product(position &+ 2, position &+ 3, &epochs, fetchesHalf, pay)
    }
    even += odd
    return epochs.isPassed ? even[0] + even[1] : nil
  }

  @inline(__always)
  private func product<Epochs: EpochCheck>(
    _ first: Int, _ second: Int, _ epochs: inout Epochs, _ fetchesHalf: Bool,
    _ pay: (UnsafeMutablePointer<Coordinate>, UnsafeMutablePointer<Coordinate>, inout Epochs) -> Pair
  ) -> Pair {
    let (one, other) = (weight(first), weight(second))
    if fetchesHalf { fetch(first) }
    let weights = pay(one, other, &epochs)
    let x = Pair(values[first], values[second])
    store(weights, place(first))
    store(x, place(first) &+ 4)
    return weights * x
  }

  @inline(__always)
  private func weight(_ position: Int) -> UnsafeMutablePointer<Coordinate> {
    // Weights are asked for where there are any.
    weights.baseAddress.unsafelyUnwrapped + features.index(position)
  }

  @inline(__always)
  private func fetch(_ position: Int) {
    features.fetchAhead(position, UnsafePointer(weights.baseAddress.unsafelyUnwrapped))
  }

  /// Where a feature's paid weight is; its x is four further on.
  @inline(__always)
  private func place(_ position: Int) -> Int { (position &>> 2) &* 8 &+ (position & 3) }

  @inline(__always)
  private func load(_ place: Int) -> Pair {
    UnsafeRawPointer(paid).loadUnaligned(fromByteOffset: place &* 8, as: Pair.self)
  }

  @inline(__always)
  private func store(_ pair: Pair, _ place: Int) {
    UnsafeMutableRawPointer(paid).storeBytes(of: pair, toByteOffset: place &* 8, as: Pair.self)
  }

  @inline(__always)
  private func put(_ value: Float, _ position: Int, _ stamp: UniformStamp) {
    switch stamp {
    case .none: weight(position).pointee.value = value
    case .epoch(let epoch):
      UnsafeMutableRawPointer(weight(position)).storeBytes(
        of: SIMD2(value.bitPattern, epoch), as: SIMD2<UInt32>.self)
    case .epochAndMark(let epoch, let mark):
      var whole = unsafeBitCast(Coordinate(value: 0, epoch: epoch, mark: mark), to: SIMD4<UInt32>.self)
      whole[0] = value.bitPattern
      UnsafeMutableRawPointer(weight(position)).storeBytes(of: whole, as: SIMD4<UInt32>.self)
    }
  }

  /// v, v, epoch, epoch.
  @inline(__always)
  private func valuesAndEpochs(
    _ first: UnsafeMutablePointer<Coordinate>, _ second: UnsafeMutablePointer<Coordinate>
  ) -> SIMD4<UInt32> {
    let one = UnsafeRawPointer(first).loadUnaligned(as: SIMD2<UInt32>.self)
    let other = UnsafeRawPointer(second).loadUnaligned(as: SIMD2<UInt32>.self)
    return SIMD4(one[0], other[0], one[1], other[1])
  }

  /// A weight in one load. It is stored in one as well: what is stored in parts cannot be loaded whole right after.
  @inline(__always)
  private func bits(_ weight: UnsafeMutablePointer<Coordinate>) -> SIMD4<UInt32> {
    UnsafeRawPointer(weight).loadUnaligned(as: SIMD4<UInt32>.self)
  }
}

/// What of a weight changes besides its value when it moves.
enum UniformStamp {
  /// Nothing: there are neither epochs nor marks.
  case none
  /// Marks are 0 where there is no gravity.
  case epoch(UInt32)
  case epochAndMark(UInt32, Double)
}

/// Whether weights are of this epoch: a type, so that loops where it is certain hold nothing of it.
protocol EpochCheck {
  /// Whether there are any.
  var isAny: Bool { get }
  /// Looks at two epochs, behind two other numbers.
  mutating func see(_ numbers: SIMD4<UInt32>)
  var isPassed: Bool { get }
}

/// Without decay there are no epochs.
struct NoEpochs: EpochCheck {
  @inline(__always)
  var isAny: Bool { false }
  @inline(__always)
  func see(_ numbers: SIMD4<UInt32>) {}
  var isPassed: Bool { true }
}

struct SameEpoch: EpochCheck {
  private let epochs: SIMD4<UInt32>
  private var others = SIMD4<UInt32>()

  init(_ epoch: UInt32) { epochs = SIMD4(repeating: epoch) }

  @inline(__always)
  var isAny: Bool { true }
  @inline(__always)
  mutating func see(_ numbers: SIMD4<UInt32>) { others |= numbers ^ epochs }
  @inline(__always)
  var isPassed: Bool { others.highHalf == SIMD2() }
}
