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

  private(set) var coordinates: [Coordinate]
  /// The sample's weights, paid: kept from one pass over the sample to the next.
  private var settled: [Double] = []

  init(_ coordinates: [Coordinate]) { self.coordinates = coordinates }

  mutating func grow(to count: Int, _ clock: ShrinkageClock) {
    let fresh = Coordinate(value: 0, epoch: clock.epoch, mark: clock.pull)
    coordinates.append(contentsOf: repeatElement(fresh, count: count - coordinates.count))
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

  /// Brings the sample's weights up to date, for `move`.
  ///
  /// - Returns: Σ w x.
  mutating func settle(
    _ features: Span<UInt32>, _ values: Span<Float>, _ clock: ShrinkageClock, _ penalty: Penalty
  ) -> Double {
    if settled.count < features.count { settled = Array(repeating: 0, count: features.count) }
    return UniformWeights.settle(coordinates, features, values, clock, penalty, &settled) * clock.scale
  }

  private static func settle(
    _ coordinates: [Coordinate], _ features: Span<UInt32>, _ values: Span<Float>, _ clock: ShrinkageClock,
    _ penalty: Penalty, _ settled: inout [Double]
  ) -> Double {
    let coordinates = coordinates.span
    var settled = settled.mutableSpan
    var sum = 0.0
    for position in features.indices {
      let weight = clock.settled(coordinates[Int(features[position])], penalty)
      settled[position] = weight
      sum += weight * Double(values[position])
    }
    return sum
  }

  /// Moves the weights that `settle` brought up to date, rounding each once.
  ///
  /// - Returns: how many had to be held back at the largest weight.
  mutating func move(
    _ features: Span<UInt32>, _ values: Span<Float>, by push: Double, _ clock: ShrinkageClock
  ) -> UInt64 {
    UniformWeights.move(&coordinates, features, values, by: push, clock, settled)
  }

  private static func move(
    _ coordinates: inout [Coordinate], _ features: Span<UInt32>, _ values: Span<Float>, by push: Double,
    _ clock: ShrinkageClock, _ settled: [Double]
  ) -> UInt64 {
    let push = push / clock.scale
    let limit = LinearLearner.largestWeight / clock.scale
    let (epoch, mark) = (clock.epoch, clock.pull)
    var clamped: UInt64 = 0
    var coordinates = coordinates.mutableSpan
    let settled = settled.span
    for position in features.indices {
      var moved = settled[position] - push * Double(values[position])
      if abs(moved) > limit {
        clamped += 1
        moved = moved < 0 ? -limit : limit
      }
      coordinates[Int(features[position])] = Coordinate(value: Float(moved), epoch: epoch, mark: mark)
    }
    return clamped
  }
}
