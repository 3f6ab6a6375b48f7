/// Learns samples that lie in one batch's storage, while `UniformWeights` lends its own.
struct UniformPass {
  let features: UnsafeBufferPointer<UInt32>
  let values: UnsafeBufferPointer<Float>
  let weights: UnsafeMutableBufferPointer<UniformWeights.Coordinate>
  let settled: UnsafeMutableBufferPointer<Double>
  /// No value in the storage is larger, either way.
  let largestValue: Double
  /// No weight is larger, either way.
  var reach: Double

  /// Up to here no move has to be checked: none gets far in a single sample.
  static let reachLimit = LinearLearner.largestWeight / 2

  /// Learns one sample: brings its weights up to date, has `push` say how far they move, and moves them, rounding each
  /// once.
  ///
  /// - Parameters:
  ///   - range: the sample's place in the storage.
  ///   - push: how far, from Σ w x.
  /// - Returns: how many weights had to be held back at the largest one.
  @inline(__always)
  mutating func learn(
    _ range: Range<Int>, _ clock: ShrinkageClock, _ penalty: Penalty, push: (Double) -> Double
  ) -> UInt64 {
    let row = UniformRow(
      features: UnsafeBufferPointer(rebasing: features[range]), values: UnsafeBufferPointer(rebasing: values[range]),
      weights: weights, settled: settled)
    let push = push(settle(row, clock, penalty) * clock.scale)
    if push == 0 { return 0 }
    let reached = reach + abs(push) * largestValue
    // Written so that what is not a number goes the careful way, too.
    if reached <= UniformPass.reachLimit {
      reach = reached
      row.move(by: push / clock.scale, epoch: clock.epoch, mark: clock.pull)
      return 0
    }
    reach = min(reached, LinearLearner.largestWeight)
    return row.moveClamped(
      by: push / clock.scale, limit: LinearLearner.largestWeight / clock.scale, epoch: clock.epoch, mark: clock.pull)
  }

  @inline(__always)
  private func settle(_ row: UniformRow, _ clock: ShrinkageClock, _ penalty: Penalty) -> Double {
    var sum: Double?
    if penalty.l1 == 0 {
      sum = penalty.l2 == 0 ? row.settleDecay(nil) : row.settleDecay(clock.epoch)
    } else if penalty.threshold == nil {
      sum = penalty.l2 == 0 ? row.settleGravity(clock.pull, nil) : row.settleGravity(clock.pull, clock.epoch)
    }
    return sum ?? row.settle(clock, penalty)
  }
}
