/// The indices of names that are whole numbers, by number: such a name is found without a hash, and without comparing it.
///
///     slots | 1 + the index of "0", or 0 | the same of "1" | of "2" | …
///
/// It covers the numbers from 0 on, about as many as there are such names: all, where features are numbered without large
/// gaps, and few where numbers are large and rare. One that is not covered, or has a 0, is found as any name.
struct NumberedNames: Sendable {
  private var slots: [UInt32] = []
  /// How many names are numbers, covered or not.
  private var known = 0

  /// The bytes of the slots: 4.5 for every name that is a number, at most.
  var memory: Int { slots.capacity * MemoryLayout<UInt32>.stride }

  /// Counts one more name that is a number.
  ///
  /// - Returns: the numbers that are covered from now on, and have to be noted if they are known; so many at a time that all
  ///   in all it takes as long as the names do.
  mutating func countOneMore() -> Range<Int> {
    known += 1
    let covered = slots.count
    let limit = known + known / 8
    guard limit > covered + covered / 16 else { return covered..<covered }
    slots.reserveCapacity(limit)
    slots.append(contentsOf: repeatElement(0, count: limit - covered))
    return covered..<limit
  }

  /// Notes the index of a number's name, which has been counted.
  mutating func note(_ number: Int, _ index: Int) {
    if number < slots.count { slots[number] = UInt32(index) + 1 }
  }

  /// Forgets a number's name.
  mutating func forget(_ number: Int) {
    known -= 1
    if number < slots.count { slots[number] = 0 }
  }

  /// Writes the indices of names.
  ///
  /// - Parameter otherwise: the index of a name that does not stand here; nil where it is not known.
  /// - Precondition: there are as many indices as names.
  func find(
    _ names: Span<DecimalName>, _ indices: inout MutableSpan<UInt32>, otherwise: (DecimalName) -> UInt32?
  ) -> FeatureSpace.Found {
    DecimalName.write(names, to: &indices)
    return slots.withUnsafeBufferPointer { slots in
      // The number that comes next at the earliest, if they ascend.
      var (least, descents) = (0, 0)
      // Unchecked: there are as many names.
      for position in indices.indices {
        let number = Int(indices[unchecked: position])
        var slot = number < slots.count ? slots[number] : 0
        if slot == 0 {
          guard let index = otherwise(names[unchecked: position]) else { return .some }
          slot = index &+ 1
        }
        indices[unchecked: position] = slot &- 1
        // Below 0 where it is less.
        descents |= number &- least
        least = number &+ 1
      }
      return descents < 0 ? .all : .distinct
    }
  }
}
