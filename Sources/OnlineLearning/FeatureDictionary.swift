/// Feature names and their indices: 0, 1, 2, … in the order in which the names came.
///
/// Open addressing with linear probing over 64-bit slots:
///
///     slot = | upper 32 bits of the name's hash | index + 1 |      0 = empty
///
/// and all names in one array of bytes, end to end. A feature costs 8 bytes for its end and between 10.7 and 21.4
/// for its slot, besides its name.
public struct FeatureDictionary: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var slots: [UInt64] = Array(repeating: 0, count: 64)
  // Indices never depend on the seed, only who collides with whom does: names made to collide find no target.
  private let seed = UInt64.random(in: .min ... .max)
  /// Follows from where the dictionary began, and from every name added or forgotten since: while two stamps are equal,
  /// every index has the same name. For whoever keeps indices.
  public private(set) var stamp = UInt64.random(in: .min ... .max)

  public init() {}

  /// Takes names as a checkpoint holds them, end to end.
  ///
  /// - Parameter ends: for each name, where it ends in `bytes`; ascending, the last one being `bytes.count`.
  /// - Returns: nil when the ends do not fit the bytes, or a name stands twice.
  /// - Complexity: O(bytes)
  public init?(bytes: [UInt8], ends: [Int]) {
    var start = 0
    for end in ends {
      guard end >= start, end <= bytes.count else { return nil }
      let known = count
      guard Int(intern(bytes.span.extracting(start..<end))) == known else { return nil }
      start = end
    }
    guard start == bytes.count else { return nil }
  }

  /// The number of names.
  public var count: Int { ends.count }
  /// All names' UTF-8, end to end.
  public var nameBytes: [UInt8] { bytes }
  /// For each name, where it ends in `nameBytes`.
  public var nameEnds: [Int] { ends }

  /// The name with this index.
  ///
  /// - Precondition: `index` is below `count`.
  /// - Complexity: O(length of the name)
  public func name(at index: Int) -> String {
    String(decoding: bytes[range(of: index)], as: UTF8.self)
  }

  private func range(of index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// The index of a name, or nil where it is not known.
  ///
  /// - Complexity: O(length of the name) on average
  public func index(of name: Span<UInt8>) -> UInt32? {
    let hash = hash(name)
    let entry = slots[slot(for: name, hash)]
    return entry == 0 ? nil : UInt32(truncatingIfNeeded: entry) - 1
  }

  /// The index of a name, or nil where it is not known.
  public func index(of name: String) -> UInt32? {
    let utf8 = Array(name.utf8)
    return index(of: utf8.span)
  }

  /// The index of a name, which is added where it is not known.
  ///
  /// - Precondition: fewer than 2³² − 1 names are known.
  /// - Complexity: O(length of the name) on average, amortized
  public mutating func intern(_ name: Span<UInt8>) -> UInt32 {
    let hash = hash(name)
    let place = slot(for: name, hash)
    let entry = slots[place]
    if entry != 0 { return UInt32(truncatingIfNeeded: entry) - 1 }
    let index = ends.count
    precondition(index < Int(UInt32.max) - 1, "the dictionary is full")
    slots[place] = hash & ~0xFFFF_FFFF | UInt64(index + 1)
    for position in name.indices { bytes.append(name[position]) }
    ends.append(bytes.count)
    stamp = fold(stamp ^ hash)
    if ends.count * 4 > slots.count * 3 { grow() }
    return UInt32(index)
  }

  /// Forgets the newest names until `count` are left.
  ///
  /// - Complexity: O(forgotten names)
  public mutating func truncate(to count: Int) {
    if ends.count > count { stamp = fold(stamp ^ ~UInt64(count)) }
    while ends.count > count {
      let index = ends.count - 1
      let range = range(of: index)
      let place = slot(of: index)
      // Nothing was added after this name, so no probe sequence leads past its slot: it can simply be emptied.
      slots[place] = 0
      bytes.removeLast(range.count)
      ends.removeLast()
    }
  }

  /// The slot that holds the name, or the empty one where it belongs.
  private func slot(for name: Span<UInt8>, _ hash: UInt64) -> Int {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash >> 32) & mask
    while true {
      let entry = slots[place]
      if entry == 0 { return place }
      if entry >> 32 == hash >> 32, isName(at: Int(entry & 0xFFFF_FFFF) - 1, equalTo: name) { return place }
      place = (place + 1) & mask
    }
  }

  private func slot(of index: Int) -> Int {
    let name = bytes.span.extracting(range(of: index))
    return slot(for: name, hash(name))
  }

  private func isName(at index: Int, equalTo name: Span<UInt8>) -> Bool {
    let range = range(of: index)
    guard range.count == name.count else { return false }
    let known = bytes.span.extracting(range)
    for position in name.indices where known[position] != name[position] { return false }
    return true
  }

  private mutating func grow() {
    var larger = [UInt64](repeating: 0, count: slots.count * 2)
    let mask = larger.count - 1
    // In the order of the indices, as `truncate` relies on.
    for index in ends.indices {
      let hash = hash(bytes.span.extracting(range(of: index)))
      var place = Int(truncatingIfNeeded: hash >> 32) & mask
      while larger[place] != 0 { place = (place + 1) & mask }
      larger[place] = hash & ~0xFFFF_FFFF | UInt64(index + 1)
    }
    slots = larger
  }

  /// Multiply and fold, eight bytes at a time (the scheme of Wang Yi's wyhash).
  private func hash(_ name: Span<UInt8>) -> UInt64 {
    let raw = name.bytes
    var state = seed ^ UInt64(truncatingIfNeeded: name.count)
    var offset = 0
    while offset + 8 <= name.count {
      state = fold(state ^ raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var tail: UInt64 = 0
    while offset < name.count {
      tail = tail << 8 | UInt64(name[offset])
      offset += 1
    }
    return fold(fold(state ^ tail) ^ 0xE703_7ED1_A0B4_28DB)
  }

  private func fold(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }
}
