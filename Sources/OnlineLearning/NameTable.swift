/// A dictionary's slots and names, lent for looking names up, by bare pointers, which check indices in debug builds only:
/// homes and what follows them are below the number of slots, a slot holds 0 or the index of a name, and some are 0.
struct NameTable {
  let slots: UnsafeBufferPointer<UInt32>
  let names: UnsafeBufferPointer<FeatureName>
  let longNames: UnsafeBufferPointer<UInt8>
  let layout: SlotLayout
  let hash: NameHash

  /// Writes the indices of names from `start` on.
  ///
  /// In two passes: the first reads the two slots where probing begins, the second the names that they tell of. So what
  /// comes from memory is under way for many names at once, and a branch that is guessed wrong has nothing to wait for.
  ///
  /// - Returns: the position of the first that is not known, or how many there are.
  @inline(__always)
  func find(
    _ wanted: Span<FeatureName>, from start: Int, _ bytes: Span<UInt8>, _ indices: inout MutableSpan<UInt32>
  ) -> Int {
    precondition(wanted.count == indices.count && start >= 0)
    // Unchecked: positions are below the count that both share.
    var position = start
    while position < wanted.count {
      let hash = hash(whole: wanted[unchecked: position])
      let (home, tag) = (layout.home(hash), layout.tag(hash))
      // What is left is the index where the bits of the hash are the same, and beyond all indices where they are not.
      indices[unchecked: position] = min((slots[home] ^ tag) &- 1, (slots[home &+ 1] ^ tag) &- 1)
      position &+= 1
    }
    position = start
    while position < wanted.count {
      let name = wanted[unchecked: position]
      let index = indices[unchecked: position]
      if index < layout.indexMask, names[Int(index)] == name, name.isWhole {
        indices[unchecked: position] = index
      } else {
        guard let index = name.withBytes(among: bytes, { self.index(of: name, $0) }) else { return position }
        indices[unchecked: position] = index
      }
      position &+= 1
    }
    return position
  }

  /// The index of a name; nil where it is not known.
  func index(of name: FeatureName, _ bytes: Span<UInt8>) -> UInt32? {
    let hash = hash(name, bytes)
    var place = layout.home(hash)
    while slots[place] != 0 {
      let index = (slots[place] ^ layout.tag(hash)) &- 1
      if index < layout.indexMask, isName(names[Int(index)], name, bytes) { return index }
      place = layout.next(place)
    }
    return nil
  }

  private func isName(_ known: FeatureName, _ name: FeatureName, _ bytes: Span<UInt8>) -> Bool {
    if name.isWhole { return known == name }
    guard !known.isWhole, known.count == name.count else { return false }
    let place = Int(known.low)
    for position in bytes.indices where bytes[position] != longNames[place + position] { return false }
    return true
  }
}

/// How hashes lead to slots, and what a slot holds:
///
///     | the lower bits of the hash, as many as are left | 1 + the index of a name, or 0 |
struct SlotLayout: Sendable {
  /// How many slots there are where probing can begin. There is one more, so that each of them has one behind it.
  let count: Int
  /// The bits of a slot that hold an index.
  let indexMask: UInt32

  init(count: Int) {
    self.count = count
    // The index of the last name that finds room, and 1.
    indexMask = UInt32.max >> UInt32(UInt32(truncatingIfNeeded: count / 2).leadingZeroBitCount)
  }

  /// How many names find room: half as many, so that most are found where probing for them begins.
  var room: Int { count / 2 }

  /// As many slots as it takes for so many names, by a third more at a time.
  func grown(toHold names: Int) -> SlotLayout {
    var count = count
    while count / 2 < names { count += count / 3 }
    return SlotLayout(count: count)
  }

  /// Where probing begins: the share of the slots that the hash's upper bits are of their range.
  @inline(__always)
  func home(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: (hash &>> 32 &* UInt64(truncatingIfNeeded: count)) &>> 32)
  }

  @inline(__always)
  func next(_ place: Int) -> Int { place == count ? 0 : place + 1 }

  @inline(__always)
  func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) & ~indexMask }

  func slot(_ hash: UInt64, _ index: Int) -> UInt32 { tag(hash) | UInt32(index + 1) }

  /// The index that a slot holds.
  ///
  /// - Precondition: it holds one.
  func index(_ slot: UInt32) -> Int { Int(slot & indexMask) - 1 }
}

/// A hash of names with two secret numbers, by multiplying and folding (the scheme of Wang Yi's wyhash).
struct NameHash: Sendable {
  private let first: UInt64
  private let second: UInt64

  /// With numbers that nobody knows.
  init() {
    self.init(.random(in: .min ... .max), .random(in: .min ... .max))
  }

  init(_ first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
  }

  /// - Parameter bytes: the name's.
  func callAsFunction(_ name: FeatureName, _ bytes: Span<UInt8>) -> UInt64 {
    if name.isWhole { return self(whole: name) }
    let raw = bytes.bytes
    var state = second &+ UInt64(bytes.count)
    var offset = 0
    while offset + 8 <= bytes.count {
      state = NameHash.fold(state ^ raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self), first)
      offset += 8
    }
    // The last eight, of which some are there already: a name that does not stand in itself has more than 15.
    let last = raw.unsafeLoadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
    return NameHash.fold(state ^ last, first)
  }

  /// - Parameter name: one that stands in itself.
  @inline(__always)
  func callAsFunction(whole name: FeatureName) -> UInt64 {
    NameHash.fold(name.low ^ first, name.high ^ second)
  }

  @inline(__always)
  static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }
}
