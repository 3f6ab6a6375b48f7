internal import CProcessor

/// Weights that all have one rate: `sgd` with one penalty for all. They share one decay factor, and pay by
/// `ShrinkageClock` with a subtraction.
struct UniformWeights: Sendable {
  /// A weight in the units of the shrinkage clock, and when it was last touched. 16 bytes.
  struct Coordinate: Sendable, Equatable {
    /// v: the weight divided by the clock's scale.
    var value: Float
    /// The clock's epoch whose units v and the mark are in.
    var epoch: UInt32
    /// The clock's pull at the last touch.
    var mark: Double
  }

  var coordinates: [Coordinate]
  /// No weight is larger, either way: while far below the limit, no move has to be checked.
  private var reach: Double
  /// How many batches have been learned since `reach` was measured, rather than added to.
  private var batchesSinceMeasure = 0
  /// What is kept from one pass over a sample to the next (see `UniformRow`).
  private var paid = PassRoom()
  /// Whether the processor can do four features at a time. The outcome is the same.
  var isWide = has_avx2()

  init(_ coordinates: [Coordinate]) {
    self.init(coordinates, reach: UniformWeights.reach(of: coordinates))
  }

  /// - Parameter reach: no weight is larger, either way.
  init(_ coordinates: [Coordinate], reach: Double) {
    self.coordinates = coordinates
    self.reach = reach
  }

  /// In the clock's units weights are larger than they are.
  private static func reach(of coordinates: [Coordinate]) -> Double {
    coordinates.reduce(0) { max($0, Double(abs($1.value))) }
  }

  mutating func grow(to count: Int, _ clock: ShrinkageClock) {
    coordinates.reserveHugePages(for: count)
    coordinates.append(contentsOf: repeatElement(Coordinate(newAt: clock), count: count - coordinates.count))
  }

  mutating func forget(_ features: [Int], _ clock: ShrinkageClock) {
    for feature in features { coordinates[feature] = Coordinate(newAt: clock) }
  }

  /// w as of now.
  func weight(_ feature: Int, _ clock: ShrinkageClock, _ penalty: Penalty) -> Double {
    clock.settled(coordinates[feature], penalty) * clock.scale
  }

  /// Σ w x. Changes nothing.
  func dot(
    _ features: Span<UInt32>, _ values: Span<Float>, _ clock: ShrinkageClock, _ penalty: Penalty
  ) -> Double {
    let coordinates = coordinates.span
    var sum = 0.0
    for position in features.indices {
      sum += clock.settled(coordinates[Int(features[position])], penalty) * Double(values[position])
    }
    return sum * clock.scale
  }

  /// Lends all that learning samples takes, so that it is looked up once a batch.
  ///
  /// - Parameters:
  ///   - areCommon: whether every row has all of the features.
  ///   - bound: every feature is below it.
  ///   - longest: no row has more features.
  ///   - largestValue: no value is larger, either way.
  /// - Precondition: `bound` is at most the number of weights; there are as many values as features, or a multiple of common ones.
  @inline(__always)
  mutating func withPass(
    _ features: Span<UInt32>, areCommon: Bool, _ values: Span<Float>, bound: Int, longest: Int, largestValue: Float,
    _ body: (inout UniformPass) -> Void
  ) {
    precondition((features.count == values.count || areCommon) && bound <= coordinates.count)
    reach = UniformWeights.withPass(
      features, areCommon, values, longest, &coordinates, &paid, largestValue: Double(largestValue), reach: reach,
      isWide, body)
    if reach > UniformPass.reachLimit, batchesSinceMeasure >= coordinates.count {
      reach = UniformWeights.reach(of: coordinates)
      batchesSinceMeasure = 0
    }
    batchesSinceMeasure &+= 1
  }

  /// - Returns: the reach after it.
  @inline(__always)
  private static func withPass(
    _ features: Span<UInt32>, _ areCommon: Bool, _ values: Span<Float>, _ longest: Int,
    _ coordinates: inout [Coordinate], _ paid: inout PassRoom, largestValue: Double, reach: Double, _ isWide: Bool,
    _ body: (inout UniformPass) -> Void
  ) -> Double {
    coordinates.withUnsafeMutableBufferPointer { weights in
      paid.lend(UniformPass.room(for: longest)) { paid in
        features.withUnsafeBufferPointer { features in
          values.withUnsafeBufferPointer { values in
            // There is room, even for a row of nothing.
            guard let paid = paid.baseAddress else { return reach }
            var pass = UniformPass(
              rows: RowStorage(features: features, areCommon: areCommon, values: values), weights: weights,
              paid: paid, largestValue: largestValue, reach: reach, isWide: isWide)
            body(&pass)
            return pass.reach
          }
        }
      }
    }
  }
}

extension UniformWeights.Coordinate {
  /// That of a feature whose weight is zero as of now.
  fileprivate init(newAt clock: ShrinkageClock) {
    self.init(value: 0, epoch: clock.epoch, mark: clock.pull)
  }
}
