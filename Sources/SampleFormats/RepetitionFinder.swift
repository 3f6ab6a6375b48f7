internal import OnlineLearning

/// Brings together what a row says about one feature in several places.
///
/// By a small table that is the row's own and stays in the cache: a place for every feature of the model would be memory for
/// each, and a touch of it.
struct RepetitionFinder: ~Copyable {
  enum Outcome {
    /// Each feature stands once now. So many names were not known.
    case united(unknown: Int)
    /// The feature at this position stood before it, too.
    case repeated(Int)
    /// With the feature at this position, values add up to what is not finite.
    case overflow(Int)
  }

  /// By a hash of the feature: its position in the row, plus `base`. What is smaller is from an earlier row, so that the
  /// table need not be cleared for each. At most an eighth of it is in use.
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
    var zeros = values.withSpan { RepetitionFinder.haveZero($0) }
    let base = base
    let outcome = table.withMutableSpan { table in
      features.withSpan { features in
        values.withMutableSpan { values in
          RepetitionFinder.unite(features, &values, &table, base, refusing: refusing, &zeros)
        }
      }
    }
    self.base += UInt32(features.count)
    // Otherwise all stays in its place, for those who go on with it.
    if case .united = outcome, zeros { RepetitionFinder.removeZeros(&features, &values) }
    return outcome
  }

  private mutating func makeRoom(for count: Int) {
    var needed = max(table.count, 1024)
    while needed < count * 8 { needed *= 2 }
    if needed > table.count || Int(base) + count > UInt32.max {
      table.refill(withZeros: needed)
      base = 1
    }
  }

  private static func haveZero(_ values: Span<Float>) -> Bool {
    // The compiler compares patterns many at a time, but not Floats.
    let least = values.withUnsafeBufferPointer { values in
      values.reduce(Int32.max) { min($0, Int32(bitPattern: $1.bitPattern & 0x7FFF_FFFF)) }
    }
    return least == 0
  }

  /// Leaves a value of 0 for what is to be taken out, and says so.
  @inline(__always)
  private static func unite(
    _ features: Span<UInt32>, _ values: inout MutableSpan<Float>, _ table: inout MutableSpan<UInt32>, _ base: UInt32,
    refusing: Bool, _ zeros: inout Bool
  ) -> Outcome {
    // A sum begins with the first value that is not 0, so that it makes no difference whether a format has zeros.
    let passesOver = zeros && !refusing
    let shift = UInt32(32 - table.count.trailingZeroBitCount)
    var unknown = 0
    // Unchecked: values are as many as features, and a hash shifted by this much is below the table's size.
    for position in features.indices {
      let feature = features[unchecked: position]
      if passesOver, values[unchecked: position] == 0, feature != FeatureSpace.unknown { continue }
      var place = Int(truncatingIfNeeded: (feature &* 0x9E37_79B1) &>> shift)
      if table[unchecked: place] >= base || feature == FeatureSpace.unknown {
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
    return .united(unknown: unknown)
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
