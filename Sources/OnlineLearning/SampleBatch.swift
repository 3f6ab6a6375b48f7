/// The samples of one message, in order, ready for the learner.
///
/// Row r's features are `features[start..<end]` with `start` the end of row r − 1:
///
///     features  | 3 7 9 | 1 | 0 3 |      indices into the dictionary
///     values    | x x x | x | x x |
///     rowEnds         3   4     6
///
/// A row holds a feature once: where a message names it again, the values add up. Storage is kept when the batch is emptied.
///
/// Where all rows have the same features, as those of dense arrays do, their list is kept once:
///
///     list      | 3 7 9 |
///     values    | x x x | x x x | x x x |
///     rowEnds         3       6       9
public struct SampleBatch: Sendable {
  /// The features of all rows, or those that every row has.
  private(set) var featureList: [UInt32] = []
  /// Whether every row has all the features of the list.
  private(set) var hasCommonFeatures = false
  /// The first feature of every row, where all rows have it and those that follow it one by one.
  private(set) var firstOfAdjacent: UInt32?
  public private(set) var values: [Float] = []
  public private(set) var rowEnds: [Int] = []
  /// Every feature is below this.
  private(set) var featureBound: UInt32 = 0
  /// No value is larger, either way.
  private(set) var largestValue: Float = 0
  /// No row has more features.
  private(set) var longestRow = 0
  /// One a row, as the loss works with it; NaN where the row is only to be predicted.
  public private(set) var targets: [Double] = []
  /// Importance weights, one a row.
  public private(set) var importances: [Double] = []
  /// How many samples the message held that are not to be learned: no target, or an importance weight of 0.
  public var unlearned = 0
  /// How many features were named that the model does not know. Counted only where they are not added.
  public var unknownFeatures = 0
  /// For each row, `unknownFeatures` when it ended; only of samples that are asked about.
  public private(set) var unknownAtRowEnds: [Int] = []
  /// How many features of samples to be learned found no room in the dictionary while the message was decoded.
  public var refusedFeatures = 0
  /// What the samples are called by those who sent them.
  public var labels = SampleLabels()

  private var keptEnds: [Int] = []

  public init() {}

  /// Makes room for features of a batch so large that it does not pay to have it grow: on huge pages, as numpy has its arrays.
  ///
  /// - Complexity: O(features added so far)
  public mutating func reserve(features: Int) {
    featureList.reserveHugePages(for: features)
    values.reserveHugePages(for: features)
  }

  /// The number of rows.
  public var count: Int { rowEnds.count }

  /// The features of all rows, one row after another.
  ///
  /// - Complexity: O(1); O(features) where rows have theirs in common
  public var features: [UInt32] {
    if !hasCommonFeatures { return featureList }
    return (0..<values.count).map { featureList[$0 % featureList.count] }
  }

  /// The features of row `row`.
  ///
  /// - Complexity: O(1)
  public func range(of row: Int) -> Range<Int> {
    (row == 0 ? 0 : rowEnds[row - 1])..<rowEnds[row]
  }

  /// Where the features of row `row` are in the list.
  func listRange(of row: Int) -> Range<Int> {
    hasCommonFeatures ? 0..<featureList.count : range(of: row)
  }

  /// Gives each row a list of its own.
  private mutating func listFeatures() {
    featureList = features
    (hasCommonFeatures, firstOfAdjacent) = (false, nil)
  }

  /// Adds a feature to the row that is being built. A value of 0 is left out: it changes nothing.
  ///
  /// - Parameters:
  ///   - feature: an index below 2³² − 1.
  ///   - value: finite.
  /// - Complexity: O(1), amortized
  public mutating func append(feature: UInt32, value: Float) {
    if value == 0 { return }
    if hasCommonFeatures { listFeatures() }
    featureList.append(feature)
    values.append(value)
    featureBound = max(featureBound, feature + 1)
    largestValue = max(largestValue, abs(value))
  }

  /// Adds features to the row that is being built, written where they are going to stand.
  ///
  /// - Parameters:
  ///   - capacity: how many they may be; nothing is written for 0.
  ///   - featureBound: every index is below this.
  ///   - write: writes indices and as many values, finite; one of 0 changes nothing, but takes its time. Returns what no
  ///     value exceeds, either way.
  /// - Complexity: O(1) besides `write`, amortized
  public mutating func append(
    upTo capacity: Int, featureBound: UInt32,
    _ write: (_ features: inout OutputSpan<UInt32>, _ values: inout OutputSpan<Float>) -> Float
  ) {
    // The standard library would write a count of 0 into the memory that all empty arrays of all threads share.
    if capacity == 0 { return }
    if hasCommonFeatures { listFeatures() }
    var largest: Float = 0
    featureList.append(addingCapacity: capacity) { features in
      values.append(addingCapacity: capacity) { values in
        largest = write(&features, &values)
        precondition(features.count == values.count)
      }
    }
    self.featureBound = max(self.featureBound, featureBound)
    largestValue = max(largestValue, largest)
  }

  /// Adds rows that all have the same features, and are then to be ended, to an empty batch.
  ///
  /// - Parameters:
  ///   - features: those of each row, each once; at least one.
  ///   - featureBound: every index is below this.
  ///   - rows: how many.
  ///   - write: writes the values of all rows, finite and not 0, or none. Returns what no value exceeds, either way.
  /// - Returns: whether any were added.
  /// - Precondition: nothing has been added since the batch was emptied.
  /// - Complexity: O(features of a row) besides `write`, amortized
  public mutating func appendRows(
    ofFeatures features: UnsafeBufferPointer<UInt32>, featureBound: UInt32, count rows: Int,
    _ write: (_ values: inout OutputSpan<Float>) -> Float
  ) -> Bool {
    precondition(values.isEmpty && rowEnds.isEmpty && featureList.isEmpty)
    var largest: Float = 0
    values.append(addingCapacity: rows * features.count) { values in largest = write(&values) }
    if values.isEmpty { return false }
    precondition(values.count == rows * features.count)
    largestValue = largest
    self.featureBound = featureBound
    featureList.append(contentsOf: features)
    hasCommonFeatures = true
    let first = features[0]
    var differences: UInt32 = 0
    for position in features.indices {
      differences |= features[position] ^ (first &+ UInt32(truncatingIfNeeded: position))
    }
    firstOfAdjacent = differences == 0 ? first : nil
    return true
  }

  /// Adds features to the row that is being built.
  ///
  /// - Parameters:
  ///   - features: indices below `bound`.
  ///   - values: as many, finite and not 0.
  ///   - bound: at most 2³² − 1.
  ///   - largest: what no value exceeds, either way.
  /// - Complexity: O(features), amortized
  public mutating func append(_ features: Span<UInt32>, _ values: Span<Float>, bound: Int, largest: Float) {
    precondition(features.count == values.count)
    featureBound = max(featureBound, UInt32(bound))
    largestValue = max(largestValue, largest)
    if hasCommonFeatures { listFeatures() }
    features.withUnsafeBufferPointer { featureList.append(contentsOf: $0) }
    values.withUnsafeBufferPointer { self.values.append(contentsOf: $0) }
  }

  /// Ends the row that is being built.
  ///
  /// - Parameters:
  ///   - target: normalized by the loss, or NaN.
  ///   - importance: above 0, at most the largest finite Float32.
  /// - Complexity: O(1), amortized
  public mutating func endRow(target: Double, importance: Double) {
    if hasCommonFeatures, values.count != (rowEnds.last ?? 0) + featureList.count { listFeatures() }
    rowEnds.append(values.count)
    longestRow = max(longestRow, range(of: count - 1).count)
    targets.append(target)
    importances.append(importance)
  }

  /// Notes how many features were not known up to the end of the row that has just ended.
  public mutating func noteUnknownFeatures() { unknownAtRowEnds.append(unknownFeatures) }

  /// Ends several rows, which have been built as if they were one.
  ///
  /// - Parameters:
  ///   - ends: for each row, how many features the batch has up to its end; ascending to all that it has.
  ///   - longest: no row has more.
  ///   - targets: one a row, normalized by the loss, or NaN.
  ///   - importances: as many, each above 0 and at most the largest finite Float32.
  /// - Complexity: O(rows), amortized
  public mutating func endRows(
    _ ends: Span<Int>, longest: Int, targets: Span<Double>, importances: Span<Double>
  ) {
    precondition(ends.count == targets.count && ends.count == importances.count)
    precondition(ends.isEmpty || ends[ends.count - 1] == values.count)
    ends.withUnsafeBufferPointer { rowEnds.append(contentsOf: $0) }
    longestRow = max(longestRow, longest)
    targets.withUnsafeBufferPointer { self.targets.append(contentsOf: $0) }
    importances.withUnsafeBufferPointer { self.importances.append(contentsOf: $0) }
  }

  /// Adds a row of another batch.
  ///
  /// - Precondition: `row` is below the other batch's `count`, and no row of this one is being built.
  /// - Complexity: O(features of the row)
  public mutating func append(row: Int, of other: SampleBatch) {
    for (place, position) in zip(other.listRange(of: row), other.range(of: row)) {
      append(feature: other.featureList[place], value: other.values[position])
    }
    endRow(target: other.targets[row], importance: other.importances[row])
  }

  /// Adds a sample that was kept, with the target that has come for it.
  ///
  /// - Parameters:
  ///   - target: normalized by the loss.
  ///   - importance: by which the sample's own is multiplied.
  /// - Complexity: O(features of the sample)
  public mutating func append(_ sample: DelayedSamples.Sample, target: Double, importance: Double) {
    for (feature, value) in zip(sample.features, sample.values) { append(feature: feature, value: value) }
    endRow(target: target, importance: min(sample.importance * importance, Double(Float.greatestFiniteMagnitude)))
  }

  /// Gives features other indices, and takes out those that have none.
  ///
  /// - Parameters:
  ///   - start: features below it stay as they are.
  ///   - places: what those from `start` on become, in their order; those beyond are taken out.
  ///   - bound: every feature is below it then.
  /// - Complexity: O(features of the batch)
  mutating func moveFeatures(from start: Int, to places: [Int], bound: Int) {
    if hasCommonFeatures { listFeatures() }
    var kept = 0
    var position = 0
    for row in rowEnds.indices {
      while position < rowEnds[row] {
        let number = Int(featureList[position]) - start
        if number < places.count {
          featureList[kept] = number < 0 ? featureList[position] : UInt32(places[number])
          values[kept] = values[position]
          kept += 1
        }
        position += 1
      }
      rowEnds[row] = kept
    }
    featureList.removeLast(featureList.count - kept)
    values.removeLast(values.count - kept)
    featureBound = UInt32(bound)
  }

  /// Takes rows out again; the others close ranks.
  ///
  /// - Parameter rows: ascending, each once, below `count`.
  /// - Complexity: O(features of the batch)
  public mutating func removeRows(_ rows: [Int]) {
    if hasCommonFeatures { listFeatures() }
    var removed = rows.makeIterator()
    var next = removed.next()
    var (kept, end) = (0, 0)
    for row in 0..<count {
      let range = range(of: row)
      if row == next {
        next = removed.next()
        continue
      }
      // Never ahead of what is read, and the end of the row before is read no more once this one's range is known.
      for position in range {
        featureList[end] = featureList[position]
        values[end] = values[position]
        end += 1
      }
      targets[kept] = targets[row]
      importances[kept] = importances[row]
      keptEnds.append(end)
      kept += 1
    }
    swap(&rowEnds, &keptEnds)
    keptEnds.removeAll(keepingCapacity: true)
    featureList.removeLast(featureList.count - end)
    values.removeLast(values.count - end)
    targets.removeLast(targets.count - kept)
    importances.removeLast(importances.count - kept)
    labels.removeRows(rows)
  }

  /// Empties the batch and keeps its storage.
  public mutating func removeAll() {
    featureList.removeAll(keepingCapacity: true)
    (hasCommonFeatures, firstOfAdjacent) = (false, nil)
    values.removeAll(keepingCapacity: true)
    rowEnds.removeAll(keepingCapacity: true)
    targets.removeAll(keepingCapacity: true)
    importances.removeAll(keepingCapacity: true)
    (featureBound, largestValue, longestRow) = (0, 0, 0)
    unlearned = 0
    unknownFeatures = 0
    unknownAtRowEnds.removeAll(keepingCapacity: true)
    refusedFeatures = 0
    labels.removeAll()
  }
}
