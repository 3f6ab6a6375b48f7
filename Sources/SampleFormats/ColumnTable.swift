internal import OnlineLearning

/// For the columns of arrays, the features that they stand for: those named "0", "1", "2", …
///
/// Keeps what the dictionary said, so that no name is looked up for what has been met before, for as long as the
/// dictionary's stamp says that it still holds.
struct ColumnTable {
  /// Stands for a column whose feature has not been asked for, or is not known.
  static let unresolved = UInt32.max
  /// How many columns of sparse arrays are kept; of dense ones, whose senders have sent as many values, all are.
  static let sparseColumns = 1 << 22

  private var features: [UInt32] = []
  /// The features of the first so many columns are known.
  private var known = 0
  private var stamp: UInt64?
  private let limits: SampleLimits

  init(_ limits: SampleLimits) {
    self.limits = limits
  }

  /// Begins a message: makes room for `count` columns, and forgets what does not hold any more.
  ///
  /// - Complexity: O(1), or O(columns) where others have changed the dictionary, or there are more columns than before.
  mutating func begin(_ count: Int, _ dictionary: borrowing FeatureSpace) {
    if stamp != dictionary.stamp {
      features.withUnsafeMutableBufferPointer { $0.update(repeating: ColumnTable.unresolved) }
      known = 0
      stamp = dictionary.stamp
    }
    if count > features.count {
      let added = max(count, min(features.count * 2, ColumnTable.sparseColumns)) - features.count
      features.append(contentsOf: repeatElement(ColumnTable.unresolved, count: added))
    }
  }

  /// Ends a message that was taken: what it added to the dictionary is known here.
  mutating func end(_ dictionary: borrowing FeatureSpace) {
    stamp = dictionary.stamp
  }

  /// Lends the features of the columns that are kept, `unresolved` where they are not known.
  @inline(__always)
  func withFeatures<Result>(_ body: (UnsafeBufferPointer<UInt32>) -> Result) -> Result {
    features.withUnsafeBufferPointer(body)
  }

  /// Whether the features of the first `count` columns are known here.
  ///
  /// - Complexity: O(1), amortized
  mutating func areKnown(_ count: Int) -> Bool {
    while known < min(count, features.count), features[known] != ColumnTable.unresolved { known += 1 }
    return known >= count
  }

  /// The feature of a column.
  ///
  /// - Parameter adds: whether it is added to the dictionary where it is not known.
  /// - Returns: nil where it is not known.
  /// - Complexity: O(1) where it has been met before, else as the dictionary takes for a name
  mutating func feature(
    _ column: Int, adds: Bool, _ dictionary: inout FeatureSpace
  ) throws(SampleError) -> UInt32? {
    if column < features.count, features[column] != ColumnTable.unresolved { return features[column] }
    var digits: [20 of UInt8] = .init(repeating: 0)
    var start = digits.count
    var left = UInt(bitPattern: column)
    repeat {
      start -= 1
      digits[start] = UInt8(ascii: "0") + UInt8(left % 10)
      left /= 10
    } while left > 0
    let name = digits.span.extracting(start...)
    guard name.count <= limits.nameBytes else {
      throw SampleError(
        .limit,
        "the name of feature \(quoted(name)) has \(name.count) bytes; limits.name_bytes is \(limits.nameBytes)")
    }
    let feature = adds ? dictionary.intern(name, limit: limits.namesWhileDecoding) : dictionary.index(of: name)
    if feature == nil, adds, let width = dictionary.width { throw SampleError(noIndex: name, below: width) }
    if let feature, column < features.count { features[column] = feature }
    return feature
  }
}
