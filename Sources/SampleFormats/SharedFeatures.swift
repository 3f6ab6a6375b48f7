internal import OnlineLearning

/// Builds a row of arrays whose columns may share features, as hashed names do: the values of those that share one add up.
struct SharedFeatures: ~Copyable {
  private var features = Scratch<UInt32>()
  private var values = Scratch<Float>()
  private var repetitions = RepetitionFinder()
  /// The row's columns from the first on that does not follow the one before it; empty while they ascend.
  private var columns: Set<Int> = []
  private var ascending = Scratch<Int>()

  /// Begins a row.
  mutating func begin() {
    features.removeAll()
    values.removeAll()
    ascending.removeAll()
    if !columns.isEmpty { columns.removeAll(keepingCapacity: true) }
  }

  /// Takes down a column.
  ///
  /// - Returns: whether the row did not have it yet.
  mutating func insert(_ column: Int) -> Bool {
    if columns.isEmpty {
      if ascending.count == 0 || ascending[ascending.count - 1] < column {
        ascending.append(column)
        return true
      }
      for position in 0..<ascending.count { columns.insert(ascending[position]) }
    }
    return columns.insert(column).inserted
  }

  /// Adds a value.
  ///
  /// - Parameter feature: `unknown` where it has none; then the value is left out.
  mutating func add(_ feature: UInt32, _ value: Float) {
    features.append(feature)
    values.append(value)
  }

  /// Ends the row: adds its features to the batch.
  ///
  /// - Returns: which value it was, counted from 0, with which those of a feature add up to what is not finite; nil where all
  ///   is well.
  mutating func end(_ batch: inout SampleBatch, bound: Int) -> Int? {
    switch repetitions.unite(&features, &values, refusing: false) {
    // Nothing is refused, so that nothing is told to be repeated.
    case .overflow(let position), .repeated(let position): return position
    case .united(_, let largest):
      features.withSpan { features in
        values.withSpan { values in batch.append(features, values, bound: bound, largest: largest) }
      }
      return nil
    }
  }
}

extension ArrayBuffer {
  /// The error of a value that is too much for the feature which its column shares with others.
  func error(overflowAtColumn column: Int, at position: Int) -> SampleError {
    error(
      .featureValue,
      "the value of feature \"\(column)\" and those of others that share its weight add up to more than 3.4e38; they must "
        + "stay finite", at: position)
  }
}
