/// Which index, and so which weight, a feature's name leads to.
public struct FeatureSpace: Sendable {
  public enum Kind: Sendable, Equatable {
    /// Every name has an index of its own, in the order in which they came.
    case dictionary
    /// A name's hash is its index, among 2^bits. Names that share one share its weight.
    case hashed(bits: Int)
    /// Names are indices: whole numbers below `width`, as they are usually written.
    case indexed(width: Int)
  }

  public let kind: Kind
  /// Empty where names have no indices of their own.
  var dictionary = FeatureDictionary()
  /// The names that hashes cannot be turned back into, as far as they are kept.
  var heaviest: HeaviestNames
  /// When each feature was last seen, in steps; empty while there is plenty of room.
  var lastSeen: [UInt64] = []
  /// The step at which the features were last searched for some that can go.
  var searchedAt: UInt64?
  private let fixedStamp = UInt64.random(in: .min ... .max)

  /// A space of no names.
  ///
  /// - Parameters:
  ///   - kind: with 1 to 30 bits, or a width from 1 to 2³⁰.
  ///   - names: how many names of hashed features are kept.
  public init(_ kind: Kind = .dictionary, keepingNames names: Int = 0) {
    self.kind = kind
    heaviest = HeaviestNames(names)
  }

  /// Stands for the index of a name that has none.
  public static let unknown = FeatureDictionary.unknown

  /// Every index is below it.
  @inline(__always)
  public var count: Int {
    switch kind {
    case .dictionary: dictionary.count
    case .hashed(let bits): 1 << bits
    case .indexed(let width): width
    }
  }

  /// How many features there are: names in a dictionary, and indices otherwise.
  public var featureCount: Int { kind == .dictionary ? dictionary.namedCount : count }

  /// Below which number names are indices; nil where they are not.
  public var width: Int? {
    if case .indexed(let width) = kind { width } else { nil }
  }

  /// Whether names may share an index.
  public var sharesIndices: Bool {
    if case .hashed = kind { true } else { false }
  }

  /// While two stamps are equal, every name has the same index. For whoever keeps indices.
  public var stamp: UInt64 { kind == .dictionary ? dictionary.stamp : fixedStamp }

  /// The name of an index; `#` and the index where it is not known.
  ///
  /// - Precondition: `index` is below `count`.
  /// - Complexity: O(length of the name)
  public func name(at index: Int) -> String {
    switch kind {
    case .dictionary: dictionary.name(at: index)
    case .hashed: heaviest.name(at: UInt32(index)) ?? "#\(index)"
    case .indexed: String(index)
    }
  }

  /// Whether people want to see the feature of an index whose coefficient is `value`: not where nothing is known of it.
  ///
  /// - Precondition: `index` is below `count`.
  /// - Complexity: O(1)
  public func isListed(_ index: Int, value: Float) -> Bool {
    switch kind {
    case .dictionary: !dictionary.isVacant(index)
    case .hashed: value != 0 || heaviest.name(at: UInt32(index)) != nil
    case .indexed: true
    }
  }

  /// The index of a name; nil where it has none.
  ///
  /// - Complexity: O(length of the name) on average
  public func index(of name: Span<UInt8>) -> UInt32? {
    switch kind {
    case .dictionary: dictionary.index(of: name)
    case .hashed(let bits): name.isEmpty ? nil : PublicHash.index(FeatureName(alone: name), name, bits: bits)
    case .indexed(let width): DecimalIndex.index(name, below: width)
    }
  }

  /// The index of a name; nil where it has none.
  public func index(of name: String) -> UInt32? {
    let utf8 = Array(name.utf8)
    return index(of: utf8.span)
  }

  /// The index of a name, which a dictionary adds where it is not known and fewer than `limit` are, of 2³¹ at most.
  ///
  /// - Returns: nil where the name has none.
  /// - Complexity: O(length of the name) on average, amortized
  @discardableResult
  public mutating func intern(_ name: Span<UInt8>, limit: Int = 1 << 31) -> UInt32? {
    if let index = index(of: name) { return index }
    return kind == .dictionary && dictionary.count < limit ? dictionary.intern(name) : nil
  }

  /// Looks up the names of a row.
  ///
  /// - Parameters:
  ///   - longNames: the bytes among which names that do not stand in themselves have their places.
  ///   - indices: takes the index of each name, or `unknown`.
  /// - Precondition: there are as many indices as names, and the places lie in `longNames`.
  /// - Complexity: O(bytes of the names) on average
  public func find(_ names: Span<FeatureName>, longNames: Span<UInt8>, into indices: inout MutableSpan<UInt32>) {
    switch kind {
    case .dictionary: dictionary.find(names, longNames: longNames, into: &indices)
    case .hashed(let bits): PublicHash.find(names, longNames, bits: bits, &indices)
    case .indexed(let width):
      for position in names.indices {
        let index = names[position].withBytes(among: longNames) { DecimalIndex.index($0, below: width) }
        indices[position] = index ?? FeatureSpace.unknown
      }
    }
  }

  /// What became of the names of a row.
  public enum Found {
    /// Some have no index, or it takes the names themselves to tell; what was written means nothing.
    case some
    /// All have one.
    case all
    /// All have one, and each another.
    case distinct
  }

  /// Looks up the names of a row that are numbers.
  ///
  /// - Parameter indices: takes the index of each name.
  /// - Precondition: there are as many indices as names.
  /// - Complexity: O(names) on average
  public func find(_ names: Span<DecimalName>, into indices: inout MutableSpan<UInt32>) -> Found {
    kind == .dictionary ? dictionary.find(names, into: &indices) : .some
  }

  /// Looks up the names of a row, which a dictionary adds where they are not known, until `limit` are.
  ///
  /// - Parameters: as for `find`.
  /// - Precondition: as for `find`; `limit` is at most 2³¹.
  /// - Complexity: O(bytes of the names) on average, amortized
  public mutating func intern(
    _ names: Span<FeatureName>, longNames: Span<UInt8>, limit: Int, into indices: inout MutableSpan<UInt32>
  ) {
    guard kind == .dictionary else {
      find(names, longNames: longNames, into: &indices)
      if heaviest.isWaiting { heaviest.take(names, longNames, indices.span) }
      return
    }
    let found = dictionary.intern(names, longNames: longNames, limit: limit, into: &indices)
    if found < names.count {
      dictionary.find(names, from: found, longNames: longNames, into: &indices)
    }
  }

  /// Forgets the newest names of a dictionary until `count` indices are left.
  ///
  /// - Precondition: the last ones were added one after the other.
  /// - Complexity: O(forgotten names)
  public mutating func truncate(to count: Int) {
    if kind == .dictionary { dictionary.truncate(to: count) }
  }

  /// The same space, without the names of a dictionary and when they were seen.
  func withoutNames() -> FeatureSpace {
    var space = self
    space.dictionary.removeAll()
    space.lastSeen = []
    space.heaviest.wantNothing()
    return space
  }

  /// Keeps another number of names of hashed features from now on.
  public mutating func keepNames(_ count: Int) {
    if count == 0 { heaviest = HeaviestNames(0) }
    heaviest.capacity = count
  }

  /// The memory that the names take, in bytes, besides the bytes of those of more than 15.
  public var memory: Int { dictionary.memory + lastSeen.capacity * MemoryLayout<UInt64>.stride }
}

/// Names that are indices.
enum DecimalIndex {
  /// The number that a name is, as it is usually written; nil where it is none, or not below `width`.
  static func index(_ name: Span<UInt8>, below width: Int) -> UInt32? {
    // As many digits as 2³⁰ has; no zeros in front.
    guard 1...10 ~= name.count, name[0] != UInt8(ascii: "0") || name.count == 1 else { return nil }
    var number = 0
    for position in name.indices {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= name[position] else { return nil }
      number = number * 10 + Int(name[position] - UInt8(ascii: "0"))
    }
    return number < width ? UInt32(number) : nil
  }
}
