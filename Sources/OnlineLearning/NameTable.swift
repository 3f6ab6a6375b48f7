internal import CProcessor

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
  /// In three passes: the first asks for the slots where probing begins, the second reads two of each and asks for the
  /// names that they tell of, the third compares those. So what comes from memory is under way for many names at once, and
  /// a branch that is guessed wrong has nothing to wait for.
  ///
  /// - Returns: the position of the first that is not known, or how many there are.
  @inline(__always)
  func find(
    _ wanted: Span<FeatureName>, from start: Int, _ bytes: Span<UInt8>, _ indices: inout MutableSpan<UInt32>
  ) -> Int {
    precondition(wanted.count == indices.count && start >= 0)
    // Unchecked: positions are below the count that both share.
    let namesAddress = UInt(bitPattern: names.baseAddress)
    var position = start
    while position < wanted.count {
      let bits = SlotLayout.bits(hash(whole: wanted[unchecked: position]))
      prefetch_near(slots.baseAddress.unsafelyUnwrapped + layout.home(bits))
      indices[unchecked: position] = bits
      position &+= 1
    }
    position = start
    while position < wanted.count {
      let bits = indices[unchecked: position]
      let (home, tag) = (layout.home(bits), layout.tag(bits))
      // What is left is the index where the bits of the hash are the same, and beyond all indices where they are not.
      let index = min((slots[home] ^ tag) &- 1, (slots[home &+ 1] ^ tag) &- 1)
      prefetch_near(UnsafeRawPointer(bitPattern: namesAddress &+ UInt(index) &* UInt(MemoryLayout<FeatureName>.stride)))
      indices[unchecked: position] = index
      position &+= 1
    }
    position = start
    while position < wanted.count {
      let name = wanted[unchecked: position]
      let index = indices[unchecked: position]
      // A long name is never found here, since those of the dictionary have another mark.
      if index >= layout.indexMask || names[Int(index)] != name {
        guard let index = name.withBytes(among: bytes, { self.index(of: name, $0) }) else { return position }
        indices[unchecked: position] = index
      }
      position &+= 1
    }
    return position
  }

  /// The index of a name; nil where it is not known.
  func index(of name: FeatureName, _ bytes: Span<UInt8>) -> UInt32? {
    let bits = SlotLayout.bits(hash(name, bytes))
    var place = layout.home(bits)
    while slots[place] != 0 {
      let index = (slots[place] ^ layout.tag(bits)) &- 1
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
///     | bits of the hash, as many as are left | 1 + the index of a name, or 0 |
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

  /// The bits of a hash that lead to a slot: as many as one has.
  @inline(__always)
  static func bits(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) }

  /// Where probing begins: the share of the slots that a hash's bits are of their range.
  @inline(__always)
  func home(_ bits: UInt32) -> Int {
    Int(truncatingIfNeeded: (UInt64(bits) &* UInt64(truncatingIfNeeded: count)) &>> 32)
  }

  @inline(__always)
  func next(_ place: Int) -> Int { place == count ? 0 : place + 1 }

  /// What a slot holds of a hash's bits: first the lowest, which say the least about where probing begins.
  @inline(__always)
  func tag(_ bits: UInt32) -> UInt32 { bits.byteSwapped & ~indexMask }

  func slot(_ hash: UInt64, _ index: Int) -> UInt32 { tag(SlotLayout.bits(hash)) | UInt32(index + 1) }

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
