internal import OnlineLearning

/// Brings together what a row says about one feature in several places.
///
/// By a small table that is the row's own and stays in the cache: a place for every feature of the model would be memory for
/// each, and a touch of it.
struct RepetitionFinder: ~Copyable {
  enum Outcome {
    /// Each feature stands once now. So many names were not known, and no value is larger, either way.
    case united(unknown: Int, largest: Float)
    /// The feature at this position stood before it, too.
    case repeated(Int)
    /// With the feature at this position, values add up to what is not finite.
    case overflow(Int)
  }

  /// By a hash of the feature: its position in the row, plus `base`. What is smaller is from an earlier row, so that the
  /// table need not be cleared for each. At most a sixteenth of it is in use.
  private var table = Scratch<UInt32>()
  private var base: UInt32 = 1

  /// Leaves each feature where it stood first, with the sum of its values; takes out names that are not known, and values
  /// of 0.
  ///
  /// - Parameter refusing: whether a feature may stand once only.
  mutating func unite(
    _ features: inout Scratch<UInt32>, _ values: inout Scratch<Float>, refusing: Bool
  ) -> Outcome {
    precondition(values.count == features.count)
    makeRoom(for: features.count)
    let largest = RepetitionFinder.largest(values)
    var zeros = largest == nil
    var unknown = 0
    let base = base
    let mistake = table.withMutableSpan { table in
      features.withSpan { features in
        values.withMutableSpan { values in
          RepetitionFinder.unite(features, &values, &table, base, refusing: refusing, &unknown, &zeros)
        }
      }
    }
    self.base += UInt32(features.count)
    // Then all stays in its place, for those who go on with it.
    if let mistake { return mistake }
    if let largest, !zeros { return .united(unknown: unknown, largest: largest) }
    RepetitionFinder.removeZeros(&features, &values)
    return .united(unknown: unknown, largest: RepetitionFinder.largest(values) ?? 0)
  }

  private mutating func makeRoom(for count: Int) {
    var needed = max(table.count, 2048)
    while needed < count * 16 { needed *= 2 }
    if needed > table.count || Int(base) + count > UInt32.max {
      table.refill(withZeros: needed)
      base = 1
    }
  }

  /// The largest of the values, either way; nil where there is a 0, or no value.
  static func largest(_ values: borrowing Scratch<Float>) -> Float? { values.withSpan { largest($0) } }

  private static func largest(_ values: Span<Float>) -> Float? {
    // Without its sign a Float's pattern grows with it, from 1 on. All that much less than Int32 has, they still grow, but
    // from Int32.min on; only 0 becomes the largest. The compiler compares whole numbers many at a time, but not Floats.
    let start = UInt32(Int32.max)
    let largest = values.withUnsafeBufferPointer { values in
      values.reduce(Int32.min) { max($0, Int32(bitPattern: ($1.bitPattern & 0x7FFF_FFFF) &+ start)) }
    }
    if largest == .max || values.isEmpty { return nil }
    return Float(bitPattern: UInt32(bitPattern: largest) &- start)
  }

  /// Leaves a value of 0 for what is to be taken out, and says so.
  ///
  /// - Returns: what is wrong.
  @inline(__always)
  private static func unite(
    _ features: Span<UInt32>, _ values: inout MutableSpan<Float>, _ table: inout MutableSpan<UInt32>, _ base: UInt32,
    refusing: Bool, _ unknown: inout Int, _ zeros: inout Bool
  ) -> Outcome? {
    let multiplier: UInt32 = 0x9E37_79B1
    let shift = UInt32(32 - table.count.trailingZeroBitCount)
    // Unchecked: values are as many as features, and a hash shifted by this much is below the table's size.
    for position in features.indices {
      let feature = features[unchecked: position]
      var place = Int(truncatingIfNeeded: (feature &* multiplier) &>> shift)
      if table[unchecked: place] >= base {
        if feature == FeatureSpace.unknown {
          unknown += 1
          values[position] = 0
          zeros = true
          continue
        }
        while table[place] >= base, features[Int(table[place] - base)] != feature {
          place = (place + 1) & (table.count - 1)
        }
        if table[place] >= base {
          if refusing { return .repeated(position) }
          let first = Int(table[place] - base)
          values[first] += values[position]
          guard values[first].isFinite else { return .overflow(position) }
          values[position] = 0
          zeros = true
          continue
        }
      }
      table[unchecked: place] = base &+ UInt32(truncatingIfNeeded: position)
    }
    // One name that is not known may stand in the table as if it were a feature.
    let entry = table[Int((FeatureSpace.unknown &* multiplier) >> shift)]
    if entry >= base, features[Int(entry - base)] == FeatureSpace.unknown {
      unknown += 1
      values[Int(entry - base)] = 0
      zeros = true
    }
    return nil
  }

  private static func removeZeros(_ features: inout Scratch<UInt32>, _ values: inout Scratch<Float>) {
    var kept = 0
    features.withMutableSpan { features in
      values.withMutableSpan { values in
        for position in values.indices where values[position] != 0 {
          features[kept] = features[position]
          values[kept] = values[position]
          kept += 1
        }
      }
    }
    features.truncate(to: kept)
    values.truncate(to: kept)
  }
}
