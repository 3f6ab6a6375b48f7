/// Names of hashed features: of those with the heaviest weights, as far as they have been seen since they became heavy.
///
/// Whoever knows the weights asks for names by `want`; whoever meets names hands over those that were asked for. So a name is
/// known from the second time on that it is met, and looking up names costs a bit's test a feature.
struct HeaviestNames: Sendable {
  /// How many are kept. There may be twice as many until the next `prune`.
  var capacity: Int
  private(set) var names: [UInt32: [UInt8]] = [:]
  /// A bit for each index whose name is asked for; empty before any is.
  private var wanted: [UInt64] = []
  private var wantedCount = 0
  /// No lighter weight is among the heaviest.
  private(set) var threshold: Double = 0

  init(_ capacity: Int) { self.capacity = capacity }

  /// Whether any name is asked for.
  var isWaiting: Bool { wantedCount > 0 }
  /// Whether as many are kept as may be.
  var isFullyUsed: Bool { names.count >= capacity }
  /// Whether it is time to let go of some.
  var isFull: Bool { names.count >= 2 * capacity }

  /// The name at an index, where it is kept.
  func name(at index: UInt32) -> String? { names[index].map { String(decoding: $0, as: UTF8.self) } }

  /// Asks for the name at an index, unless it is there.
  ///
  /// - Parameter count: every index is below it.
  mutating func want(_ index: UInt32, below count: Int) {
    guard capacity > 0, names[index] == nil else { return }
    if wanted.isEmpty { wanted = Array(repeating: 0, count: count / 64 + 1) }
    let (word, bit) = (Int(index / 64), UInt64(1) << UInt64(index % 64))
    if wanted[word] & bit == 0 { wantedCount += 1 }
    wanted[word] |= bit
  }

  /// Takes those of a row's names that are asked for.
  mutating func take(_ row: Span<FeatureName>, _ longNames: Span<UInt8>, _ indices: Span<UInt32>) {
    for position in indices.indices {
      let index = indices[position]
      let (word, bit) = (Int(index / 64), UInt64(1) << UInt64(index % 64))
      if index == FeatureDictionary.unknown || wanted[word] & bit == 0 { continue }
      if isFull { return }
      wanted[word] &= ~bit
      wantedCount -= 1
      names[index] = row[position].withBytes(among: longNames) { $0.withUnsafeBufferPointer { Array($0) } }
    }
  }

  /// Asks for no more names.
  mutating func wantNothing() { (wanted, wantedCount) = ([], 0) }

  /// Takes a name that a checkpoint kept.
  mutating func restore(_ index: UInt32, _ name: [UInt8]) { names[index] = name }

  /// Keeps the names of the heaviest weights, at most `capacity`.
  ///
  /// - Complexity: O(names · log names)
  mutating func prune(_ weight: (UInt32) -> Double) {
    guard names.count > capacity else {
      threshold = 0
      return
    }
    // By their indices where weights are equal, so that equal models keep the same.
    let sorted = names.keys.map { (weight: abs(weight($0)), index: $0) }
      .sorted { ($0.weight, $1.index) > ($1.weight, $0.index) }
    threshold = capacity > 0 ? sorted[capacity - 1].weight : .infinity
    for lighter in sorted[capacity...] { names[lighter.index] = nil }
  }
}
