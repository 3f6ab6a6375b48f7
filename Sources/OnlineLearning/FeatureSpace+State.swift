extension FeatureSpace {
  /// What a checkpoint keeps of a space, besides names and when features were seen.
  public struct State: Codable, Sendable, Equatable {
    /// The kind in words.
    public enum Word: String, Codable, Sendable, CaseIterable {
      case dictionary, hashed, indexed
    }

    public var space: Word
    /// Hashed features only.
    public var bits: Int?
    /// Indexed features only.
    public var width: Int?
    /// The step at which a full dictionary was last searched in vain.
    public var searchedAt: UInt64?

    enum CodingKeys: String, CodingKey {
      case space, bits, width
      case searchedAt = "searched_at"
    }

    /// A dictionary's.
    public init() {
      space = .dictionary
    }

    /// The kind; nil where bits or width are missing or out of range.
    public var kind: Kind? {
      switch (space, bits, width) {
      case (.dictionary, nil, nil): .dictionary
      case (.hashed, let bits?, nil) where 1...30 ~= bits: .hashed(bits: bits)
      case (.indexed, nil, let width?) where 1...(1 << 30) ~= width: .indexed(width: width)
      default: nil
      }
    }
  }

  public var state: State {
    var state = State()
    switch kind {
    case .dictionary: state.searchedAt = searchedAt
    case .hashed(let bits): (state.space, state.bits) = (.hashed, bits)
    case .indexed(let width): (state.space, state.width) = (.indexed, width)
    }
    return state
  }

  /// The names that are known, with their indices where those do not follow from their order.
  public struct Names: Sendable, Equatable {
    /// All names' UTF-8, end to end.
    public var bytes: [UInt8] = []
    /// For each name, where it ends in `bytes`. In a dictionary, an index without a name has one without bytes.
    public var ends: [Int] = []
    /// Of hashed features, the names' indices.
    public var indices: [UInt32]?

    public init(bytes: [UInt8], ends: [Int], indices: [UInt32]? = nil) {
      self.bytes = bytes
      self.ends = ends
      self.indices = indices
    }
  }

  /// - Complexity: O(bytes)
  public var names: Names {
    guard case .hashed = kind else { return Names(bytes: dictionary.nameBytes, ends: dictionary.nameEnds) }
    var names = Names(bytes: [], ends: [], indices: [])
    for (index, name) in heaviest.names.sorted(by: { $0.key < $1.key }) {
      names.bytes += name
      names.ends.append(names.bytes.count)
      names.indices?.append(index)
    }
    return names
  }

  /// When each feature of a dictionary was last seen, in steps; empty while it has plenty of room.
  public var lastSeenSteps: [UInt64] { lastSeen }

  /// A space as a checkpoint holds it.
  ///
  /// - Parameter capacity: how many names of hashed features are kept.
  /// - Returns: nil where the parts do not fit each other.
  /// - Complexity: O(bytes)
  public init?(_ state: State, names: Names, lastSeen: [UInt64] = [], keepingNames capacity: Int) {
    guard let kind = state.kind else { return nil }
    self.init(kind, keepingNames: capacity)
    switch kind {
    case .dictionary:
      guard names.indices == nil, lastSeen.count <= names.ends.count,
        let dictionary = FeatureDictionary(bytes: names.bytes, ends: names.ends, hasVacancies: true)
      else { return nil }
      self.dictionary = dictionary
      self.lastSeen = lastSeen
      searchedAt = state.searchedAt
    case .hashed(let bits):
      guard lastSeen.isEmpty, let indices = names.indices, indices.count == names.ends.count,
        zip(indices, indices.dropFirst()).allSatisfy({ $0 < $1 }), indices.allSatisfy({ $0 >> UInt32(bits) == 0 })
      else { return nil }
      var start = 0
      for (index, end) in zip(indices, names.ends) {
        guard end > start, end <= names.bytes.count else { return nil }
        heaviest.restore(index, Array(names.bytes[start..<end]))
        start = end
      }
      guard start == names.bytes.count else { return nil }
    case .indexed:
      guard lastSeen.isEmpty, names.ends.isEmpty, names.bytes.isEmpty, names.indices == nil else { return nil }
    }
  }
}
