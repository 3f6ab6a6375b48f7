internal import OnlineLearning

/// A row of a CSR array: the columns of its values.
struct SparseRow {
  let indices: ArrayBuffer
  /// Where the row stands in `indices`.
  let range: Range<Int>
  /// Every column must be below this.
  let width: Int
  let values: ArrayRow

  /// Appends the row in one go, if its columns ascend and all of them have known features.
  ///
  /// - Returns: false where they do not; then nothing is appended.
  /// - Complexity: O(values)
  @inline(__always)
  func append(to batch: inout SampleBatch, _ columns: borrowing ColumnTable, bound: UInt32) -> Bool {
    let bytes = indices.bytes(range)
    return switch indices.type {
    case .i4: append(to: &batch, columns, bound: bound, bytes, Int32.self)
    case .i8: append(to: &batch, columns, bound: bound, bytes, Int64.self)
    case .u4: append(to: &batch, columns, bound: bound, bytes, UInt32.self)
    case .f4, .f8: false
    }
  }

  @inline(__always)
  private func append<Number: FixedWidthInteger & BitwiseCopyable>(
    to batch: inout SampleBatch, _ columns: borrowing ColumnTable, bound: UInt32, _ bytes: UnsafeRawBufferPointer,
    _: Number.Type
  ) -> Bool {
    func column(_ position: Int) -> Number {
      bytes.loadUnaligned(fromByteOffset: position &* MemoryLayout<Number>.size, as: Number.self)
    }
    let count = range.count
    if count == 0 { return true }
    // With the first from 0 on and the last below the width, those between are, too.
    var descents: Number = 0
    for position in 1..<max(count, 1) { descents |= column(position) > column(position &- 1) ? 0 : 1 }
    guard descents == 0, column(0) >= 0 else { return false }
    return columns.withFeatures { features in
      guard column(count - 1) < min(width, features.count) else { return false }
      var isKnown = true
      batch.append(upTo: count, featureBound: bound) { into, valuesInto in
        isKnown = values.write(&into, &valuesInto) { features[Int(truncatingIfNeeded: column($0))] }
        return values.largest
      }
      return isKnown
    }
  }

  /// Appends the row value by value.
  ///
  /// - Throws: what is wrong with its columns, or limits that new features pass.
  /// - Complexity: O(values), and the names of columns not met before
  func append(
    to batch: inout SampleBatch, _ columns: inout ColumnTable, _ repetitions: inout RepeatedColumns, adds: Bool,
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    repetitions.beginRow()
    for position in range {
      let column = try column(position)
      guard let feature = try columns.feature(column, adds: adds, &dictionary) else {
        batch.unknownFeatures += 1
        if adds { batch.refusedFeatures += 1 }
        continue
      }
      guard repetitions.insert(feature) else { throw repeated(column, at: position) }
      batch.append(feature: feature, value: values[position - range.lowerBound])
    }
  }

  /// Appends the row where columns may share features: their values add up then.
  ///
  /// - Returns: the position of a value with which they add up to what is not finite; nil where all is well.
  /// - Throws: as the above.
  /// - Complexity: as of the above
  func append(
    to batch: inout SampleBatch, _ columns: inout ColumnTable, _ shared: inout SharedFeatures, adds: Bool,
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) -> Int? {
    shared.begin()
    for position in range {
      let column = try column(position)
      guard shared.insert(column) else { throw repeated(column, at: position) }
      let feature = try columns.feature(column, adds: adds, &dictionary)
      shared.add(feature ?? FeatureSpace.unknown, values[position - range.lowerBound])
    }
    return shared.end(&batch, bound: dictionary.count).map { range.lowerBound + $0 }
  }

  private func repeated(_ column: Int, at position: Int) -> SampleError {
    indices.error(
      .duplicateField,
      "column \(column) stands twice in one sample; name every column once, as by sum_duplicates()", at: position)
  }

  /// - Throws: where a column is out of range.
  func checkColumns() throws(SampleError) {
    for position in range { _ = try column(position) }
  }

  private func column(_ position: Int) throws(SampleError) -> Int {
    let column = indices.integer(at: position)
    guard 0 <= column, column < width else {
      throw indices.error(
        .brokenArrays, "column \(column) is out of range; with \(width) features they go from 0 to \(width - 1)",
        at: position)
    }
    return column
  }
}

/// Finds features that stand twice in a row.
struct RepeatedColumns: ~Copyable {
  /// For each feature, the number of the row that it was last met in.
  private var rows: [UInt32] = []
  private var row: UInt32 = 0

  mutating func beginRow() {
    if row == .max {
      rows.removeAll(keepingCapacity: true)
      row = 0
    }
    row += 1
  }

  /// - Returns: whether the feature had not been met in this row.
  mutating func insert(_ feature: UInt32) -> Bool {
    let place = Int(feature)
    if place >= rows.count { rows.append(contentsOf: repeatElement(0, count: place + 1 - rows.count)) }
    if rows[place] == row { return false }
    rows[place] = row
    return true
  }
}
