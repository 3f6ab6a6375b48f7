internal import CProcessor
internal import WideRows

extension WideRow {
  /// - Returns: nil where the features are in no list, or none.
  @inline(__always)
  init?(_ row: UniformRow<some RowFeatures>) {
    guard let list = row.features.list, let features = list.features.baseAddress, let ahead = list.ahead.baseAddress,
      let values = row.values.baseAddress, let weights = row.weights.baseAddress, row.values.count > 0
    else { return nil }
    self.init(
      features: features, values: values, ahead: ahead, count: row.values.count, weights: weights, room: row.paid)
  }

  @inline(__always)
  func move(by push: Double, _ stamp: UniformStamp) {
    switch stamp {
    case .none: move(by: push)
    case .epoch(let epoch): move(by: push, epoch: epoch)
    case .epochAndMark(let epoch, let mark): move(by: push, epoch: epoch, mark: mark)
    }
  }
}

extension WideAdaptiveRow {
  /// - Returns: nil where there are no features.
  @inline(__always)
  init?<Rule: AdaptiveRule>(_ row: AdaptiveRow<Rule>) {
    guard let features = row.features.baseAddress, let ahead = row.ahead.baseAddress,
      let values = row.values.baseAddress, let weights = row.weights.baseAddress,
      let room = row.room.baseAddress, row.features.count > 0
    else { return nil }
    self.init(
      row: WideRow(
        features: features, values: values, ahead: ahead, count: row.features.count, weights: weights, room: room),
      rates: row.rates.isEmpty ? nil : row.rates.baseAddress, hasScales: Rule.hasScales, gravity: row.gravity,
      decay: row.decay, gravityPerDecay: row.gravityPerDecay,
      timePerGravity: row.timePerGravity)
  }
}
