internal import CProcessor
internal import WideRows

/// Learns the rows of one batch by `adagrad` or `normalized` where all features bear the penalty as it is: what
/// `AdaptiveWeights.learn` does, with pointers looked up once a batch.
struct AdaptivePass {
  let rows: RowStorage
  let weights: UnsafeMutableBufferPointer<AdaptiveWeights.Coordinate>
  /// Of the weights, where they are kept; else none.
  let rates: UnsafeMutableBufferPointer<Double>
  let room: UnsafeMutableBufferPointer<Double>
  let penalty: (l1: Double, l2: Double)
  let hasIntercept: Bool
  let isInvariant: Bool
  let loss: LossFunction
  /// Whether the processor can do four features at a time.
  let isWide: Bool

  /// - Parameters:
  ///   - range: the sample's place in the storage.
  ///   - rule: what there is to be done.
  /// - Returns: the margin before learning.
  @inline(__always)
  func learn<Rule: AdaptiveRule>(
    _ range: Range<Int>, target: Double, importance: Double, stepSize: Double, _ rule: Rule.Type,
    _ state: inout LinearLearner.State
  ) -> Double {
    rows.fetchAhead(of: range)
    let row = AdaptiveRow<Rule>(
      features: UnsafeBufferPointer(rebasing: rows.features[rows.place(of: range)]),
      values: UnsafeBufferPointer(rebasing: rows.values[range]), weights: weights, rates: rates, room: room,
      ahead: rows.features(after: range, rows: 2), gravity: penalty.l1,
      decay: Rule.hasDecay ? penalty.l2 : 0, gravityPerDecay: Rule.hasDecay ? penalty.l1 / penalty.l2 : 0,
      timePerGravity: min(1 / penalty.l1, 1e200))
    let now = state.time.value
    let wide = isWide ? WideAdaptiveRow(row) : nil
    var norm = 0.0
    let sum = wide?.settle(at: now, norm: &norm) ?? row.settle(at: now, norm: &norm)
    let step = Rule.hasScales ? stepSize * state.meet(norm + (hasIntercept ? 1 : 0), importance) : stepSize
    let margin = state.intercept + sum
    let slope = loss.cutDerivative(margin, target, &state.clampedUpdates)
    if slope != 0 || Rule.hasScales {
      // To invariant updates a sample of weight h is h samples, with as many squared gradients.
      let gradient = slope * (isInvariant ? importance.squareRoot() : importance)
      let curvature = wide?.accumulate(gradient) ?? row.accumulate(gradient)
      let interceptRate = hasIntercept ? state.addSquare(gradient) : 0
      let push =
        isInvariant && slope != 0
        ? loss.boundedPush(margin, target, amount: step * importance, curvature: curvature + interceptRate)
        : step * importance * slope
      state.clampedUpdates +=
        wide?.move(by: push, at: now, largest: LinearLearner.largestWeight) ?? row.move(by: push, at: now)
      if hasIntercept { state.moveIntercept(by: push * interceptRate) }
    }
    state.time.add(step)
    return margin
  }
}
