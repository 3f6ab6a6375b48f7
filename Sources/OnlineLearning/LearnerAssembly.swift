internal import Synchronization

/// Memory for the weights of a learner that is put together from pieces of its columns, by several threads at once.
public final class LearnerAssembly: @unchecked Sendable {
  private struct Progress {
    var placed = 0
    /// Of weights that all have one rate: no value is larger, either way.
    var reach: Float = 0
  }

  private let configuration: LearnerConfiguration
  private let state: LinearLearner.State
  private let expected: [WeightColumn]
  // Written by `place` only, by each call in a range of its own. Those that the configuration's rule does not use are empty.
  private var uniform = UnsafeMutableBufferPointer<UniformWeights.Coordinate>(start: nil, count: 0)
  private var adaptive = UnsafeMutableBufferPointer<AdaptiveWeights.Coordinate>(start: nil, count: 0)
  private var proximal = UnsafeMutableBufferPointer<ProximalWeights.Coordinate>(start: nil, count: 0)
  private var sizes = UnsafeMutableBufferPointer<RootMeanSquare>(start: nil, count: 0)
  private let count: Int
  private let progress = Mutex(Progress())

  private init(_ configuration: LearnerConfiguration, _ state: LinearLearner.State, count: Int) {
    (self.configuration, self.state, self.count) = (configuration, state, count)
    expected = LinearLearner.columns(of: configuration)
  }

  /// Takes the next features' numbers. Threads may call it at the same time.
  ///
  /// - Parameters:
  ///   - columns: those that `LinearLearner.columns(of:)` names, of one length: the numbers' bytes as in memory, aligned for
  ///     them.
  ///   - start: the first of the features. No two calls have one in common.
  /// - Returns: whether the columns are those, their features below the learner's count, and their numbers such as a
  ///   learner comes to.
  /// - Complexity: O(features)
  public func place(_ columns: [WeightColumn: UnsafeRawBufferPointer], at start: Int) -> Bool {
    guard let columns = WeightColumns(columns, expecting: expected), start >= 0, columns.count <= count - start else {
      return false
    }
    let range = start..<start + columns.count
    var reach: Float = 0
    if configuration.hasOneRate {
      let own = UnsafeMutableBufferPointer(rebasing: uniform[range])
      guard let found = UniformWeights.assemble(columns, into: own, state.clock, configuration.penalty) else {
        return false
      }
      reach = found
    } else {
      guard columns.isPlausible else { return false }
      let weights = LinearLearner.Weights(configuration, columns)
      guard LinearLearner(configuration, state: state, weights).hasPlausibleWeights else { return false }
      if let part = weights.adaptive { copy(part.coordinates, part.shares, to: adaptive, range) }
      if let part = weights.proximal { copy(part.coordinates, part.shares, to: proximal, range) }
    }
    progress.withLock {
      $0.placed += range.count
      $0.reach = max($0.reach, reach)
    }
    return true
  }

  private func copy<Coordinate>(
    _ coordinates: [Coordinate], _ shares: PenaltyShares, to place: UnsafeMutableBufferPointer<Coordinate>,
    _ range: Range<Int>
  ) {
    _ = UnsafeMutableBufferPointer(rebasing: place[range]).initialize(fromContentsOf: coordinates)
    if sizes.isEmpty { return }
    _ = UnsafeMutableBufferPointer(rebasing: sizes[range]).initialize(fromContentsOf: shares.sizes)
  }

  /// - Returns: the weights; nil where `fill` says so, or did not place all.
  fileprivate static func weights<Failure: Error>(
    _ configuration: LearnerConfiguration, _ state: LinearLearner.State, count: Int,
    _ fill: (LearnerAssembly) throws(Failure) -> Bool
  ) throws(Failure) -> LinearLearner.Weights? {
    let assembly = LearnerAssembly(configuration, state, count: count)
    var outcome = Swift.Result<Bool, Failure>.success(false)
    /// An array of what is placed while `body` runs.
    func array<Element: BitwiseCopyable>(
      _ memory: ReferenceWritableKeyPath<LearnerAssembly, UnsafeMutableBufferPointer<Element>>, _ body: () -> Void
    ) -> [Element] {
      // The standard library would write a count of 0 into the memory that all empty arrays of all threads share.
      if count == 0 {
        body()
        return []
      }
      return Array(unsafeUninitializedCapacity: count) { elements, initialized in
        elements.backWithHugePages()
        assembly[keyPath: memory] = UnsafeMutableBufferPointer(rebasing: elements[..<count])
        body()
        assembly[keyPath: memory] = UnsafeMutableBufferPointer(start: nil, count: 0)
        // Numbers that are nobody's to look at, unless all were placed.
        let isWhole = assembly.progress.withLock { $0.placed == count }
        initialized = isWhole ? count : 0
      }
    }
    func fillAll() {
      do throws(Failure) {
        outcome = .success(try fill(assembly))
      } catch {
        outcome = .failure(error)
      }
    }
    var sizes: [RootMeanSquare] = []
    func fillWithSizes() {
      if configuration.penalty.penalize == .scaled { sizes = array(\.sizes, fillAll) } else { fillAll() }
    }
    var weights = LinearLearner.Weights.empty(configuration)
    if configuration.hasOneRate {
      let coordinates = array(\.uniform, fillAll)
      weights.uniform = UniformWeights(coordinates, reach: Double(assembly.progress.withLock { $0.reach }))
    } else if configuration.optimizer == .ftrl {
      weights.proximal?.coordinates = array(\.proximal, fillWithSizes)
      weights.proximal?.shares.sizes = sizes
    } else {
      weights.adaptive?.coordinates = array(\.adaptive, fillWithSizes)
      weights.adaptive?.shares.sizes = sizes
    }
    return try outcome.get() && weights.count == count ? weights : nil
  }
}

extension LinearLearner {
  /// A learner as a checkpoint holds it, its debts unpaid, so that it goes on bit for bit. Its columns come in pieces.
  ///
  /// - Parameters:
  ///   - count: how many features it has.
  ///   - fill: places all features, and returns whether it could. What it is handed is of no use afterwards.
  /// - Returns: nil where `fill` says no or left some out, or configuration or state hold a number that no learner comes to.
  /// - Throws: what `fill` throws.
  /// - Complexity: O(features)
  public init?<Failure: Error>(
    _ configuration: LearnerConfiguration, state: State, count: Int,
    _ fill: (LearnerAssembly) throws(Failure) -> Bool
  ) throws(Failure) {
    guard configuration.isPlausible, LinearLearner.isPlausible(state, configuration),
      let weights = try LearnerAssembly.weights(configuration, state, count: count, fill)
    else { return nil }
    self.init(configuration, state: state, weights)
  }
}

extension LinearLearner.Weights {
  /// Those of a rule that keeps more than one number's history for each.
  fileprivate init(_ configuration: LearnerConfiguration, _ columns: WeightColumns) {
    self.init()
    let features = 0..<columns.count
    var sizes: [RootMeanSquare] = []
    if let values = columns.float32(.rootMeanSquares), let measured = columns.uint32(.measured) {
      sizes = features.map { RootMeanSquare(value: values[$0], samples: measured[$0]) }
    }
    guard let marks = columns.float64(.marks) else { return }
    if let gradients = columns.float64(.gradients), let sums = columns.float64(.sums) {
      let coordinates = features.map {
        ProximalWeights.Coordinate(gradient: gradients[$0], sum: sums[$0], mark: marks[$0])
      }
      proximal = ProximalWeights(configuration, coordinates: coordinates, sizes: sizes)
    } else if let values = columns.float32(.values) {
      let (sums, scales) = (columns.float64(.sums), columns.float32(.scales))
      let coordinates = features.map {
        AdaptiveWeights.Coordinate(
          value: values[$0], scaleOrRate: scales?[$0] ?? 0, sum: sums?[$0] ?? 0, mark: marks[$0])
      }
      adaptive = AdaptiveWeights(configuration, coordinates: coordinates, sizes: sizes)
    }
  }
}
