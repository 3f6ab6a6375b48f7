internal import CProcessor
internal import WideRows

/// Learns samples that lie in one batch's storage, while `UniformWeights` lends its own.
struct UniformPass {
  let rows: RowStorage
  let weights: UnsafeMutableBufferPointer<UniformWeights.Coordinate>
  let paid: UnsafeMutablePointer<Double>
  /// No value in the storage is larger, either way.
  let largestValue: Double
  /// No weight is larger, either way.
  var reach: Double
  /// Whether the processor can do four features at a time.
  let isWide: Bool

  /// Up to here no move has to be checked: none gets far in a single sample.
  static let reachLimit = LinearLearner.largestWeight / 2

  /// How weights are brought up to date.
  enum Payment {
    /// All of this epoch owe nothing but decay.
    case decay
    /// They owe gravity.
    case gravity
    /// It depends on their size.
    case threshold
  }

  /// The features of the sample whose values are at this place in the storage.
  @inline(__always)
  func listed(_ range: Range<Int>) -> ListedFeatures {
    rows.fetchAhead(of: range)
    // Two rows further on: memory takes longer to answer than one row does.
    return ListedFeatures(
      features: UnsafeBufferPointer(rebasing: rows.features[rows.place(of: range)]),
      ahead: rows.features(after: range, rows: 2))
  }

  /// How much room the pass needs for so many features (see `UniformRow`).
  static func room(for features: Int) -> Int { (features + 3) / 4 * 8 }

  /// Learns one sample: brings its weights up to date, has `push` say how far they move, and moves them, rounding each
  /// once.
  ///
  /// - Parameters:
  ///   - range: the place of the sample's values in the storage.
  ///   - features: as many.
  ///   - hasEpochs: whether weights may be of earlier epochs.
  ///   - settle: brings the row's weights up to date in any case.
  ///   - push: how far, from Σ w x.
  /// - Returns: how many weights had to be held back at the largest one.
  @inline(__always)
  mutating func learn<Features: RowFeatures>(
    _ range: Range<Int>, _ features: Features, _ clock: ShrinkageClock.Reading, _ payment: Payment, hasEpochs: Bool,
    settle: (UniformRow<Features>) -> Double, push: (Double) -> Double
  ) -> UInt64 {
    let row = UniformRow(
      features: features, values: UnsafeBufferPointer(rebasing: rows.values[range]), weights: weights, paid: paid)
    let wide = isWide ? WideRow(row) : nil
    let epoch = hasEpochs ? clock.epoch : nil
    let quickly: Double? =
      switch payment {
      case .decay:
        if let wide {
          wide.settleDecay(epoch: epoch)
        } else {
          // The shortest loops leave memory idle for half of the time, unless both ask it for what comes.
          hasEpochs
            ? row.settleDecay(SameEpoch(clock.epoch), fetchesHalf: false)
            : row.settleDecay(NoEpochs(), fetchesHalf: true)
        }
      case .gravity:
        if let wide {
          wide.settleGravity(clock.pull, epoch: epoch)
        } else {
          hasEpochs ? row.settleGravity(clock.pull, SameEpoch(clock.epoch)) : row.settleGravity(clock.pull, NoEpochs())
        }
      case .threshold: nil
      }
    let push = push((quickly ?? settle(row)) * clock.scale)
    if push == 0 { return 0 }
    let reached = reach + abs(push) * largestValue
    // Written so that what is not a number goes the careful way, too.
    if reached <= UniformPass.reachLimit {
      reach = reached
      let push = push * clock.growth
      if quickly == nil || payment != .decay {
        move(row, wide, by: push, .epochAndMark(clock.epoch, clock.pull), fetchesAll: true)
      } else if hasEpochs {
        move(row, wide, by: push, .epoch(clock.epoch), fetchesAll: true)
      } else {
        move(row, wide, by: push, .none, fetchesAll: false)
      }
      return 0
    }
    reach = min(reached, LinearLearner.largestWeight)
    return row.moveClamped(
      by: push * clock.growth, limit: LinearLearner.largestWeight * clock.growth,
      .epochAndMark(clock.epoch, clock.pull))
  }

  @inline(__always)
  private func move(
    _ row: UniformRow<some RowFeatures>, _ wide: WideRow?, by push: Double, _ stamp: UniformStamp,
    fetchesAll: Bool
  ) {
    if let wide { wide.move(by: push, stamp) } else { row.move(by: push, stamp, fetchesAll: fetchesAll) }
  }
}
