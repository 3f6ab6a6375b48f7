/// The samples of one message, in order, ready for the learner.
///
/// Row r's features are `features[start..<end]` with `start` the end of row r − 1:
///
///     features  | 3 7 9 | 1 | 0 3 |      indices into the dictionary
///     values    | x x x | x | x x |
///     rowEnds         3   4     6
///
/// A row holds a feature once: where a message names it again, the values add up. Storage is kept when the batch is emptied.
public struct SampleBatch: Sendable {
  public private(set) var features: [UInt32] = []
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
  /// What the samples are called by those who sent them.
  public var labels = SampleLabels()

  private var keptEnds: [Int] = []

  public init() {}

  /// The number of rows.
  public var count: Int { rowEnds.count }

  /// The features of row `row`.
  ///
  /// - Complexity: O(1)
  public func range(of row: Int) -> Range<Int> {
    (row == 0 ? 0 : rowEnds[row - 1])..<rowEnds[row]
  }

  /// Adds a feature to the row that is being built. A value of 0 is left out: it changes nothing.
  ///
  /// - Parameters:
  ///   - feature: an index below 2³² − 1.
  ///   - value: finite.
  /// - Complexity: O(1), amortized
  public mutating func append(feature: UInt32, value: Float) {
    if value == 0 { return }
    features.append(feature)
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
    var largest: Float = 0
    features.append(addingCapacity: capacity) { features in
      values.append(addingCapacity: capacity) { values in
        largest = write(&features, &values)
        precondition(features.count == values.count)
      }
    }
    self.featureBound = max(self.featureBound, featureBound)
    largestValue = max(largestValue, largest)
  }

  /// Adds features to the row that is being built.
  ///
  /// - Parameters:
  ///   - features: indices below `bound`.
  ///   - values: as many, finite and not 0.
  ///   - bound: at most 2³² − 1.
  /// - Complexity: O(features), amortized
  public mutating func append(_ features: Span<UInt32>, _ values: Span<Float>, bound: Int) {
    precondition(features.count == values.count)
    featureBound = max(featureBound, UInt32(bound))
    largestValue = max(largestValue, SampleBatch.largest(values))
    features.withUnsafeBufferPointer { self.features.append(contentsOf: $0) }
    values.withUnsafeBufferPointer { self.values.append(contentsOf: $0) }
  }

  /// The largest of the values, either way.
  private static func largest(_ values: Span<Float>) -> Float {
    // Without its sign a Float's pattern grows with it; the compiler compares patterns many at a time, but not Floats, of
    // which some are not numbers.
    let largest = values.withUnsafeBufferPointer { values in
      values.reduce(Int32(0)) { max($0, Int32(bitPattern: $1.bitPattern & 0x7FFF_FFFF)) }
    }
    return Float(bitPattern: UInt32(bitPattern: largest))
  }

  /// Ends the row that is being built.
  ///
  /// - Parameters:
  ///   - target: normalized by the loss, or NaN.
  ///   - importance: above 0, at most the largest finite Float32.
  /// - Complexity: O(1), amortized
  public mutating func endRow(target: Double, importance: Double) {
    rowEnds.append(features.count)
    longestRow = max(longestRow, range(of: count - 1).count)
    targets.append(target)
    importances.append(importance)
  }

  /// Adds a row of another batch.
  ///
  /// - Precondition: `row` is below the other batch's `count`, and no row of this one is being built.
  /// - Complexity: O(features of the row)
  public mutating func append(row: Int, of other: SampleBatch) {
    for position in other.range(of: row) {
      append(feature: other.features[position], value: other.values[position])
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
    var kept = 0
    var position = 0
    for row in rowEnds.indices {
      while position < rowEnds[row] {
        let number = Int(features[position]) - start
        if number < places.count {
          features[kept] = number < 0 ? features[position] : UInt32(places[number])
          values[kept] = values[position]
          kept += 1
        }
        position += 1
      }
      rowEnds[row] = kept
    }
    features.removeLast(features.count - kept)
    values.removeLast(values.count - kept)
    featureBound = UInt32(bound)
  }

  /// Takes rows out again; the others close ranks.
  ///
  /// - Parameter rows: ascending, each once, below `count`.
  /// - Complexity: O(features of the batch)
  public mutating func removeRows(_ rows: [Int]) {
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
        features[end] = features[position]
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
    features.removeLast(features.count - end)
    values.removeLast(values.count - end)
    targets.removeLast(targets.count - kept)
    importances.removeLast(importances.count - kept)
    labels.removeRows(rows)
  }

  /// Empties the batch and keeps its storage.
  public mutating func removeAll() {
    features.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    rowEnds.removeAll(keepingCapacity: true)
    targets.removeAll(keepingCapacity: true)
    importances.removeAll(keepingCapacity: true)
    (featureBound, largestValue, longestRow) = (0, 0, 0)
    unlearned = 0
    unknownFeatures = 0
    labels.removeAll()
  }
}
