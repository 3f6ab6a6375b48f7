internal import CProcessor
internal import Glibc

/// Weights that each have a rate of their own, or shrink differently: `adagrad`, `normalized`, and `sgd` with averages or
/// with penalties by feature.
///
/// A weight pays what it owes by its own flow, since its rate holds from one of its samples to the next.
struct AdaptiveWeights: Sendable {
  /// 24 bytes.
  struct Coordinate: Sendable, Equatable {
    /// w as of the mark, unpaid.
    var value: Float = 0
    /// s of `normalized`: the largest |x| so far. For other rules r, which follows from the sum, kept so that debts are paid
    /// without a root; within Float32's range.
    var scaleOrRate: Float = 0
    /// G, the sum of squared gradients; for averages, ∫ w ds up to the mark.
    var sum = 0.0
    /// The clock's reading as of which the value is.
    var mark = 0.0
  }

  var coordinates: [Coordinate]
  var shares: PenaltyShares
  let optimizer: Optimizer
  let loss: LossFunction
  let hasIntercept: Bool
  let isInvariant: Bool
  /// The step from which on weights are averaged.
  let averagingStart: UInt64?
  private let penalty: (l1: Double, l2: Double, threshold: Double)
  /// What is kept from one pass over a sample to the next: here in general, below for `AdaptiveRow`.
  var sample: [Settled] = []
  private var room = PassRoom()
  /// r of the weights of `normalized`, kept so that debts are paid without a root and a division: of the first so many, or of
  /// none where somebody else has changed weights.
  private var rates: [Double] = []
  /// Whether the processor can do four features at a time.
  var isWide = has_avx2()

  /// - Parameter coordinates: where they should have rates, those need not be known.
  init(_ configuration: LearnerConfiguration, coordinates: [Coordinate], sizes: [RootMeanSquare]) {
    self.coordinates = coordinates
    shares = PenaltyShares(configuration.penalty, sizes: sizes)
    loss = configuration.lossFunction
    optimizer = configuration.optimizer
    hasIntercept = configuration.intercept
    isInvariant = configuration.update == .invariant
    averagingStart = configuration.averagingStart.map { UInt64($0) }
    penalty = (configuration.penalty.l1, configuration.penalty.l2, configuration.penalty.threshold ?? .infinity)
    if optimizer != .normalized {
      for feature in coordinates.indices {
        self.coordinates[feature].scaleOrRate = Float(freshRate(coordinates[feature]))
      }
    }
  }

  /// That of a feature that was never seen.
  private var fresh: Coordinate { Coordinate(scaleOrRate: optimizer == .sgd ? 1 : 0) }

  mutating func forget(_ features: [Int]) {
    for feature in features { coordinates[feature] = fresh }
    forgetRates()
    shares.forget(features)
  }

  mutating func grow(to count: Int) {
    coordinates.reserveHugePages(for: count)
    coordinates.append(contentsOf: repeatElement(fresh, count: count - coordinates.count))
    shares.grow(to: count)
  }

  mutating func name(_ name: (Int) -> String) { shares.name(to: coordinates.count, name) }

  /// Whether weights are averaged.
  var averages: Bool { averagingStart != nil }
  /// Whether anything shrinks.
  var shrinks: Bool { penalty.l1 > 0 || penalty.l2 > 0 }

  // MARK: Rates and debts

  /// Rates for the roots of the squared gradients' sums, times the scales: one over them, 0 where there has been no gradient,
  /// and within Float32's range.
  @inline(__always)
  static func rate(_ root: Pair) -> Pair {
    let most = Pair(repeating: Double(Float.greatestFiniteMagnitude))
    return Pair.zero.replacing(with: Pair.lesser(1 / root, most), where: root .> .zero)
  }

  /// r after the latest gradient, in Float64.
  @inline(__always)
  func freshRate(_ coordinate: Coordinate) -> Double {
    switch optimizer {
    case .adagrad: AdaptiveWeights.rate(Pair(repeating: coordinate.sum.squareRoot()))[0]
    case .normalized:
      AdaptiveWeights.rate(Pair(repeating: coordinate.sum.squareRoot() * Double(coordinate.scaleOrRate)))[0]
    case .sgd, .ftrl: 1
    }
  }

  /// Whether rows are learned by `AdaptivePass`: where all features bear the penalty as it is, and no weight is beyond its reach.
  private var learnsQuickly: Bool { shares.isUniform && penalty.threshold == .infinity && optimizer != .sgd }

  /// Whether the rates of `normalized` are kept: where there are debts to pay by them, and `AdaptivePass` pays.
  private var keepsRates: Bool { learnsQuickly && optimizer == .normalized && shrinks }

  /// The bytes that a weight takes, besides what its share of the penalty does.
  static func bytesPerWeight(_ configuration: LearnerConfiguration) -> Int {
    let keepsRates = AdaptiveWeights(configuration, coordinates: [], sizes: []).keepsRates
    return MemoryLayout<Coordinate>.stride + (keepsRates ? MemoryLayout<Double>.stride : 0)
  }

  /// Weights are about to change, and rates with them.
  @inline(__always)
  mutating func forgetRates() {
    if !rates.isEmpty { rates.removeAll(keepingCapacity: true) }
  }

  /// Finds the rates of weights that have none yet.
  ///
  /// - Complexity: O(new weights), and O(weights) where rates were forgotten.
  private mutating func findRates() {
    rates.reserveHugePages(for: coordinates.count)
    for feature in rates.count..<coordinates.count { rates.append(freshRate(coordinates[feature])) }
  }

  @inline(__always)
  func flow(_ feature: Int, _ coordinate: Coordinate) -> ShrinkageFlow {
    let rate = optimizer == .normalized ? freshRate(coordinate) : Double(coordinate.scaleOrRate)
    if shares.isUniform {
      return ShrinkageFlow(gravity: penalty.l1 * rate, decay: penalty.l2 * rate, threshold: penalty.threshold)
    }
    let share = shares[feature]
    let gravity = rate * share.factor * share.size
    return ShrinkageFlow(
      gravity: penalty.l1 * gravity, decay: penalty.l2 * gravity * share.size,
      threshold: penalty.threshold / share.size)
  }

  /// w as of `now`.
  @inline(__always)
  func settled(_ feature: Int, _ coordinate: Coordinate, at now: Double) -> Double {
    let value = Double(coordinate.value)
    let time = now - coordinate.mark
    if !shrinks || value == 0 || !(time > 0) { return value }
    return flow(feature, coordinate).shrink(value, over: time)
  }

  /// ∫ w ds from the beginning of averaging to `now`.
  func integral(_ feature: Int, _ coordinate: Coordinate, since start: Double, to now: Double) -> Double {
    let value = Double(coordinate.value)
    if value == 0 { return coordinate.sum }
    let flow = flow(feature, coordinate)
    let from = max(coordinate.mark, start)
    // Paid ahead, and its path with it.
    if from > now { return coordinate.sum - value * (from - now) }
    let there = from > coordinate.mark ? flow.shrink(value, over: from - coordinate.mark) : value
    return coordinate.sum + flow.integral(there, over: now - from)
  }

  /// w, for going on under other rules.
  func weight(_ feature: Int, _ state: LinearLearner.State) -> Double {
    settled(feature, coordinates[feature], at: state.time.value)
  }

  /// ∫ w ds from the beginning of averaging to now; 0 where weights are not averaged.
  func path(_ feature: Int, _ state: LinearLearner.State) -> Double {
    guard averages, let start = state.averagingSince else { return 0 }
    return integral(feature, coordinates[feature], since: start, to: state.time.value)
  }

  /// What people see: w, or its average.
  func coefficient(_ feature: Int, _ state: LinearLearner.State) -> Double {
    let now = state.time.value
    let coordinate = coordinates[feature]
    guard averages, let start = state.averagingSince, now > start else {
      return settled(feature, coordinate, at: now)
    }
    return integral(feature, coordinate, since: start, to: now) / (now - start)
  }

  /// Σ w x, of averages where there are. Changes nothing.
  func dot(_ features: Span<UInt32>, _ values: Span<Float>, _ state: LinearLearner.State) -> Double {
    var sum = 0.0
    for position in features.indices { sum += contribution(Int(features[position]), values[position], state) }
    return sum
  }

  /// What a feature of a value adds to the margin.
  @inline(__always)
  func contribution(_ feature: Int, _ value: Float, _ state: LinearLearner.State) -> Double {
    coefficient(feature, state) * held(Double(value), coordinates[feature])
  }

  /// x as the rescaled weight of `normalized` meets it: w s/|x| · x.
  @inline(__always)
  private func held(_ x: Double, _ coordinate: Coordinate) -> Double {
    // A weight that comes from another rule has met no value yet.
    guard optimizer == .normalized, coordinate.scaleOrRate > 0 else { return x }
    let scale = Double(coordinate.scaleOrRate)
    return max(-scale, min(x, scale))
  }

  // MARK: Learning

  /// Learns the rows of a batch in their order.
  ///
  /// - Parameter record: takes each row and its margin before it was learned.
  /// - Complexity: O(features of the batch)
  @inline(__always)
  mutating func learn(
    _ batch: borrowing SampleBatch, _ stepSize: StepSize, _ state: inout LinearLearner.State,
    record: (_ row: Int, _ margin: Double) -> Void
  ) {
    precondition(Int(batch.featureBound) <= coordinates.count)
    guard learnsQuickly else {
      if sample.count < batch.longestRow { sample = Array(repeating: Settled(), count: batch.longestRow) }
      for row in 0..<batch.count {
        let range = batch.range(of: row)
        let margin = learn(
          batch.featureList.span.extracting(batch.listRange(of: row)), batch.values.span.extracting(range),
          target: batch.targets[row], importance: batch.importances[row], stepSize: stepSize(after: state.steps), &state
        )
        state.steps += 1
        record(row, margin)
      }
      return
    }
    // A decay so slow beside gravity is lost in rounding.
    switch (penalty.l1 > 0, penalty.l2 > penalty.l1 * 1e-200) {
    case (false, false): learnQuickly(batch, stepSize, AdagradRule.Plain.self, &state, record)
    case (true, false): learnQuickly(batch, stepSize, AdagradRule.Gravity.self, &state, record)
    case (false, true): learnQuickly(batch, stepSize, AdagradRule.Decay.self, &state, record)
    case (true, true): learnQuickly(batch, stepSize, AdagradRule.Both.self, &state, record)
    }
  }

  private mutating func learnQuickly<Rule: AdaptiveRule>(
    _ batch: borrowing SampleBatch, _ stepSize: StepSize, _ rule: Rule.Type, _ state: inout LinearLearner.State,
    _ record: (_ row: Int, _ margin: Double) -> Void
  ) {
    let hasScales = optimizer == .normalized
    if keepsRates { findRates() }
    withPass(batch, room: AdaptiveRow<Rule>.room(for: batch.longestRow)) { pass in
      var start = 0
      for row in 0..<batch.count {
        let range = start..<batch.rowEnds[row]
        start = range.upperBound
        let step = stepSize(after: state.steps)
        let (target, importance) = (batch.targets[row], batch.importances[row])
        let margin =
          hasScales
          ? pass.learn(
            range, target: target, importance: importance, stepSize: step, Normalized<Rule>.self, &state)
          : pass.learn(range, target: target, importance: importance, stepSize: step, rule, &state)
        state.steps += 1
        record(row, margin)
      }
    }
  }

  private mutating func withPass(_ batch: borrowing SampleBatch, room count: Int, _ body: (AdaptivePass) -> Void) {
    let (loss, hasIntercept, isInvariant, isWide) = (loss, hasIntercept, isInvariant, isWide)
    let penalty = (penalty.l1, penalty.l2)
    let areCommon = batch.hasCommonFeatures
    coordinates.withUnsafeMutableBufferPointer { weights in
      rates.withUnsafeMutableBufferPointer { rates in
        room.lend(count) { room in
          batch.featureList.withUnsafeBufferPointer { features in
            batch.values.withUnsafeBufferPointer { values in
              body(
                AdaptivePass(
                  rows: RowStorage(features: features, areCommon: areCommon, values: values), weights: weights,
                  rates: rates, room: room, penalty: penalty, hasIntercept: hasIntercept,
                  isInvariant: isInvariant, loss: loss, isWide: isWide))
            }
          }
        }
      }
    }
  }
}
