/// The paths of one record's members, as `a.b[0]`: finds those that stand twice.
///
/// Open addressing with linear probing. A path is known by 64 bits of hash with a seed of this process: that two of a
/// record's paths share them by chance is less likely than a fault of the memory.
struct PathSet {
  private struct Slot {
    var hash: UInt64 = 0
    /// The record that the slot was last used for; slots of earlier ones are empty.
    var record: UInt64 = 0
  }

  private var slots = [Slot](repeating: Slot(), count: 64)
  private var count = 0
  private var record: UInt64 = 0
  private let seed = UInt64.random(in: .min ... .max)

  /// Forgets all paths.
  mutating func removeAll() {
    record += 1
    count = 0
  }

  /// Adds a path.
  ///
  /// - Throws: where it was added before.
  /// - Complexity: O(bytes), amortized
  mutating func add(_ path: Span<UInt8>) throws(SampleError) {
    guard insert(path) else {
      throw SampleError(
        .duplicateField, "feature \(quoted(path)) stands twice in one sample; name every feature once")
    }
  }

  private mutating func insert(_ path: Span<UInt8>) -> Bool {
    let hash = hash(path)
    var place = PathSet.home(of: hash, slots.count)
    while slots[place].record == record {
      if slots[place].hash == hash { return false }
      place = (place + 1) & (slots.count - 1)
    }
    slots[place] = Slot(hash: hash, record: record)
    count += 1
    if count * 2 > slots.count { grow() }
    return true
  }

  private static func home(of hash: UInt64, _ capacity: Int) -> Int { Int(truncatingIfNeeded: hash) & (capacity - 1) }

  private mutating func grow() {
    var larger = [Slot](repeating: Slot(), count: slots.count * 2)
    for slot in slots where slot.record == record {
      var place = PathSet.home(of: slot.hash, larger.count)
      while larger[place].record == record { place = (place + 1) & (larger.count - 1) }
      larger[place] = slot
    }
    slots = larger
  }

  /// Multiply and fold, eight bytes at a time (the scheme of Wang Yi's wyhash).
  private func hash(_ path: Span<UInt8>) -> UInt64 {
    let raw = path.bytes
    var state = seed
    var offset = 0
    while offset + 8 <= path.count {
      state = fold(state ^ raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var tail: UInt64 = 0
    while offset < path.count {
      tail = tail << 8 | UInt64(path[offset])
      offset += 1
    }
    // The count has a block of its own, so that no tail makes up for another count.
    return fold(fold(state ^ tail) ^ UInt64(truncatingIfNeeded: path.count) &* 0xE703_7ED1_A0B4_28DB)
  }

  private func fold(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }
}
