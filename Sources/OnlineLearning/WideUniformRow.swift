internal import WideRows

/// One sample's passes over uniform weights on processors that do four features at a time: as `UniformRow`, bit for bit.
struct WideUniformRow {
  private let features: UnsafePointer<UInt32>
  private let values: UnsafePointer<Float>
  private let ahead: UnsafePointer<UInt32>
  private let count: Int
  private let weights: UnsafeMutablePointer<UniformWeights.Coordinate>
  private let paid: UnsafeMutablePointer<Double>

  /// - Returns: nil where the features are in no list, or none.
  @inline(__always)
  init?(_ row: UniformRow<some RowFeatures>) {
    guard let list = row.features.list, let features = list.features.baseAddress, let ahead = list.ahead.baseAddress,
      let values = row.values.baseAddress, let weights = row.weights.baseAddress, row.values.count > 0
    else { return nil }
    self.features = features
    self.values = values
    self.ahead = ahead
    count = row.values.count
    self.weights = weights
    paid = row.paid
  }

  /// Σ v x where nothing is owed but decay.
  ///
  /// - Parameter epoch: nil where there are none.
  /// - Returns: nil where a weight is not of this epoch.
  @inline(__always)
  func settleDecay(epoch: UInt32?) -> Double? {
    guard let epoch else { return WideRows.settle(features, values, ahead: ahead, count: count, weights, paid) }
    return WideRows.settleDecay(features, values, ahead: ahead, count: count, weights, paid, epoch: epoch)
  }

  /// Σ v x after gravity up to `pull`.
  ///
  /// - Parameter epoch: nil where there are none.
  /// - Returns: nil where a weight is not of this epoch.
  @inline(__always)
  func settleGravity(_ pull: Double, epoch: UInt32?) -> Double? {
    guard let epoch else {
      return WideRows.settleGravity(features, values, ahead: ahead, count: count, weights, paid, pull: pull)
    }
    return WideRows.settleGravity(features, values, ahead: ahead, count: count, weights, paid, pull: pull, epoch: epoch)
  }

  /// Moves paid weights against the row, and rounds each once.
  @inline(__always)
  func move(by push: Double, _ stamp: UniformStamp) {
    switch stamp {
    case .none: WideRows.move(features, values, ahead: ahead, count: count, weights, paid, by: push)
    case .epoch(let epoch):
      WideRows.move(features, values, ahead: ahead, count: count, weights, paid, by: push, epoch: epoch)
    case .epochAndMark(let epoch, let mark):
      WideRows.move(features, values, ahead: ahead, count: count, weights, paid, by: push, epoch: epoch, mark: mark)
    }
  }
}
