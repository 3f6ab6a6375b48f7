internal import CProcessor

/// Feature names and their indices: 0, 1, 2, … in the order in which the names came.
///
/// Open addressing with linear probing over slots of 32 bits, and 16 bytes a name, by index:
///
///     slot = | some bits of the name's hash | index + 1 |      0 = empty
///     name = | the name's first 15 bytes | their count |      or where among the long ones it stands
///
/// so that finding a name of up to 15 bytes touches a slot and a name. Both arrays grow by a third at a time and
/// take about 32 bytes a feature at most.
///
/// An index whose name was forgotten is vacant, until `fillVacancies` gives it another (see FeatureDictionary+Vacancies).
public struct FeatureDictionary: Sendable {
  var names: [FeatureName] = []
  var slots: [UInt32] = []
  var layout = SlotLayout(count: 128)
  /// The same indices once more, of names that are numbers.
  private var numbers = NumberedNames()
  /// The bytes of the names that do not stand in themselves; those of the newest last.
  var longNames: [UInt8] = []
  /// The indices that have no name, the lowest last.
  var vacancies: [Int] = []
  /// How often an index has lost its name or got another one: while two counts are equal, every index that had a name has it
  /// still.
  var renamings: UInt64 = 0
  // Indices never depend on the seed, only who collides with whom does: names made to collide find no target.
  /// Follows from where the dictionary began, and from every name added or forgotten since: while two stamps are equal,
  /// every index has the same name. For whoever keeps indices.
  public private(set) var stamp = UInt64.random(in: .min ... .max)
  private let hash = NameHash()

  /// Stands for the index of a name that is not known.
  public static let unknown = UInt32.max

  public init() {
    makeSlots(layout)
  }

  /// Takes names as a checkpoint holds them, end to end.
  ///
  /// - Parameter ends: for each name, where it ends in `bytes`; ascending, the last one being `bytes.count`.
  /// - Parameter hasVacancies: whether the index of a name without bytes is vacant.
  /// - Returns: nil when the ends do not fit the bytes, or a name stands twice.
  /// - Complexity: O(bytes)
  public init?(bytes: [UInt8], ends: [Int], hasVacancies: Bool = false) {
    self.init()
    // Vacant indices take no slot, so that adding names alone would not make slots wide enough for the indices behind them.
    makeSlots(layout.grown(toHold: ends.count))
    var start = 0
    for block in stride(from: 0, to: ends.count, by: FeatureDictionary.fetchedAtOnce) {
      let blockEnds = ends[block..<min(block + FeatureDictionary.fetchedAtOnce, ends.count)]
      guard let last = blockEnds.last, last >= start, last <= bytes.count else { return nil }
      var from = start
      for end in blockEnds {
        guard end >= from, end <= last, end - from <= UInt32.max else { return nil }
        fetchSlot(of: bytes.span.extracting(from..<end))
        from = end
      }
      for end in blockEnds {
        let known = count
        if hasVacancies, end == start {
          names.append(.vacant)
        } else if Int(intern(bytes.span.extracting(start..<end))) != known {
          return nil
        }
        start = end
      }
    }
    guard start == bytes.count else { return nil }
    vacancies = vacantIndices
  }

  /// Memory takes as long to answer as interning many names does: it is asked about so many in advance.
  private static let fetchedAtOnce = 64

  private func fetchSlot(of name: Span<UInt8>) {
    let home = layout.home(SlotLayout.bits(hash(FeatureName(alone: name), name)))
    // Inside, since every home is below the number of slots.
    slots.withUnsafeBufferPointer { prefetch_near($0.baseAddress.map { $0 + home }) }
  }

  /// Whether there are indices and names, but no slots to find names by: as copies have it that are only looked at.
  var hasNoSlots: Bool { slots.isEmpty }

  /// Takes away all names and slots. What is added to `names` and `longNames` then is not found.
  mutating func removeAll() {
    (names, longNames, slots, vacancies, numbers) = ([], [], [], [], NumberedNames())
  }

  /// Makes slots for a dictionary that has none.
  ///
  /// - Complexity: O(bytes)
  mutating func findNames() {
    makeSlots(SlotLayout(count: 128).grown(toHold: names.count))
    numberNames()
    vacancies = vacantIndices
  }

  /// The indices that have no name, the lowest last.
  var vacantIndices: [Int] { names.indices.reversed().filter { isVacant($0) } }

  /// The number of indices, vacant ones too.
  @inline(__always)
  public var count: Int { names.count }

  /// The memory that the names take, in bytes, besides the bytes of those of more than 15.
  public var memory: Int {
    names.capacity * MemoryLayout<FeatureName>.stride + slots.capacity * MemoryLayout<UInt32>.stride + numbers.memory
  }

  /// All names' UTF-8, end to end.
  ///
  /// - Complexity: O(bytes)
  public var nameBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(nameByteCount)
    appendNames(names.indices, to: &bytes)
    return bytes
  }

  var nameByteCount: Int { names.reduce(0) { $0 + $1.count } }

  func appendNames(_ range: Range<Int>, to bytes: inout [UInt8]) {
    for index in range { withName(at: index) { $0.withUnsafeBufferPointer { bytes += $0 } } }
  }

  /// For each name, where it ends in `nameBytes`.
  ///
  /// - Complexity: O(names)
  public var nameEnds: [Int] {
    var end = 0
    return names.map { name in
      end += name.count
      return end
    }
  }

  /// The name with this index.
  ///
  /// - Precondition: `index` is below `count`.
  /// - Complexity: O(length of the name)
  public func name(at index: Int) -> String {
    withName(at: index) { $0.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }
  }

  private func withName<Result>(at index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
    names[index].withBytes(among: longNames.span, body)
  }

  /// The index of a name, or nil where it is not known.
  ///
  /// - Complexity: O(length of the name) on average
  public func index(of name: Span<UInt8>) -> UInt32? {
    withTable { $0.index(of: FeatureName(alone: name), name) }
  }

  /// The index of a name, or nil where it is not known.
  public func index(of name: String) -> UInt32? {
    let utf8 = Array(name.utf8)
    return index(of: utf8.span)
  }

  /// The index of a name, which is added where it is not known.
  ///
  /// - Precondition: fewer than 2³¹ names are known; the name has less than 2³² bytes.
  /// - Complexity: O(length of the name) on average, amortized
  @discardableResult
  public mutating func intern(_ name: Span<UInt8>) -> UInt32 {
    index(of: name) ?? add(FeatureName(alone: name), name)
  }

  /// Looks up the names of a row, from `start` on.
  ///
  /// - Parameters:
  ///   - longNames: the bytes among which names that do not stand in themselves have their places.
  ///   - indices: takes the index of each name, or `unknown`.
  /// - Precondition: there are as many indices as names, and the places lie in `longNames`.
  /// - Complexity: O(bytes of the names) on average
  public func find(
    _ names: Span<FeatureName>, from start: Int = 0, longNames: Span<UInt8>, into indices: inout MutableSpan<UInt32>
  ) {
    var next = start
    while true {
      next = withTable { $0.find(names, from: next, longNames, &indices) }
      if next == names.count { return }
      indices[next] = FeatureDictionary.unknown
      next += 1
    }
  }

  /// Looks up the names of a row that are numbers.
  ///
  /// - Parameter indices: takes the index of each name.
  /// - Precondition: there are as many indices as names.
  /// - Complexity: O(names) on average
  func find(_ names: Span<DecimalName>, into indices: inout MutableSpan<UInt32>) -> FeatureSpace.Found {
    numbers.find(names, &indices) { name in withTable { $0.index(of: name.name, Span()) } }
  }

  /// Looks up the names of a row, and adds those that are not known, until `limit` are.
  ///
  /// - Parameters: as for `find`.
  /// - Returns: the position of the first name that found no room, or how many names there are.
  /// - Precondition: as for `find`; `limit` is at most 2³¹.
  /// - Complexity: O(bytes of the names) on average, amortized
  public mutating func intern(
    _ names: Span<FeatureName>, longNames: Span<UInt8>, limit: Int, into indices: inout MutableSpan<UInt32>
  ) -> Int {
    var next = 0
    while true {
      next = withTable { $0.find(names, from: next, longNames, &indices) }
      if next == names.count || count >= limit { return next }
      indices[next] = names[next].withBytes(among: longNames) { add(names[next], $0) }
      next += 1
    }
  }

  /// Forgets the newest names until `count` indices are left.
  ///
  /// - Precondition: the last `count` names were added one after the other, and no vacancy filled since.
  /// - Complexity: O(forgotten names)
  public mutating func truncate(to count: Int) {
    if names.count > count { changeStamp(by: ~UInt64(count)) }
    while names.count > count {
      let index = names.count - 1
      let place = slot(of: index)
      // Nothing was added after this name, so no probe sequence leads past its slot: it can simply be emptied.
      slots[place] = 0
      let name = names.removeLast()
      if !name.isWhole { longNames.removeLast(name.count) }
      if let name = DecimalName(name) { numbers.forget(name.number) }
    }
  }

  /// Adds a name that is not known.
  private mutating func add(_ name: FeatureName, _ bytes: Span<UInt8>) -> UInt32 {
    let index = names.count
    precondition(index < 1 << 31, "the dictionary is full")
    if index >= layout.room { makeSlots(layout.grown(toHold: index + 1)) }
    if name.isWhole {
      names.append(name)
    } else {
      names.append(FeatureName(keptAt: longNames.count, count: bytes.count))
      bytes.withUnsafeBufferPointer { longNames += $0 }
    }
    changeStamp(by: fill(index))
    number(index)
    return UInt32(index)
  }

  /// Takes down the index of a new name by its number, if it is one.
  private mutating func number(_ index: Int) {
    guard let name = DecimalName(names[index]) else { return }
    for other in numbers.countOneMore() {
      let known = withTable { $0.index(of: FeatureName(decimal: other), Span()) }
      if let known { numbers.note(other, Int(known)) }
    }
    numbers.note(name.number, index)
  }

  /// Takes down that a name has another index now.
  mutating func renumber(_ index: Int) {
    if let name = DecimalName(names[index]) { numbers.note(name.number, index) }
  }

  /// Takes the indices of all names down anew.
  mutating func numberNames() {
    numbers = NumberedNames()
    for index in names.indices { number(index) }
  }

  mutating func changeStamp(by change: UInt64) {
    stamp = NameHash.fold(stamp ^ change, 0xA076_1D64_78BD_642F)
  }

  /// Distributes all names over new slots.
  mutating func makeSlots(_ layout: SlotLayout) {
    self.layout = layout
    slots = Array(repeating: 0, count: layout.count + 1)
    // Room for what will fit and no more, which appending alone would make.
    names.reserveCapacity(layout.room)
    // In the order of the indices, as `truncate` relies on; and early names are frequent ones.
    for index in names.indices where !isVacant(index) { fill(index) }
  }

  /// Puts a name into an empty slot.
  ///
  /// - Returns: its hash.
  @discardableResult
  private mutating func fill(_ index: Int) -> UInt64 {
    let hash = hash(at: index)
    var place = layout.home(SlotLayout.bits(hash))
    while slots[place] != 0 { place = layout.next(place) }
    slots[place] = layout.slot(hash, index)
    return hash
  }

  /// The slot that holds an index, which has a name.
  func slot(of index: Int) -> Int {
    var place = layout.home(SlotLayout.bits(hash(at: index)))
    while layout.index(slots[place]) != index { place = layout.next(place) }
    return place
  }

  func hash(at index: Int) -> UInt64 {
    withName(at: index) { hash(names[index], $0) }
  }

  private func withTable<Result>(_ body: (NameTable) -> Result) -> Result {
    slots.withUnsafeBufferPointer { slots in
      names.withUnsafeBufferPointer { names in
        longNames.withUnsafeBufferPointer { longNames in
          body(NameTable(slots: slots, names: names, longNames: longNames, layout: layout, hash: hash))
        }
      }
    }
  }
}
