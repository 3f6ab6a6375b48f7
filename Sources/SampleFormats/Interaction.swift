/// Two namespaces whose features are multiplied with each other: each pair makes a feature of its own, as Vowpal Wabbit's
/// `-q` does.
///
/// A feature's namespace is what its name begins with: `user` of Vowpal Wabbit's `user^age` and of JSON's `user.age`. The pair
/// of `user^age` and `item^price` is named `user^age*item^price`. Within one namespace each pair is made once, and a
/// feature is multiplied with itself unless its value is 1, whose square says nothing new.
public struct Interaction: Sendable, Equatable, Codable {
  public let first: String
  public let second: String

  public init(_ first: String, _ second: String) {
    self.first = first
    self.second = second
  }

  /// Reads `user*item`.
  ///
  /// - Returns: nil where the text is anything else than two namespaces.
  public init?(_ text: String) {
    let parts = text.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains { "^. \t:|".contains($0) } }) else {
      return nil
    }
    self.init(String(parts[0]), String(parts[1]))
  }

  public var text: String { "\(first)*\(second)" }

  /// Whether a name's namespace is this one.
  static func isNamespace(_ namespace: [UInt8], of name: Span<UInt8>) -> Bool {
    guard name.count > namespace.count,
      name[namespace.count] == UInt8(ascii: "^") || name[namespace.count] == UInt8(ascii: ".")
    else { return false }
    for position in namespace.indices where namespace[position] != name[position] { return false }
    return true
  }
}

/// Two features of a row that are multiplied, by their positions.
struct Product: BitwiseCopyable {
  let first: Int32
  let second: Int32
}

/// Which features of a row belong to the namespaces of interactions.
struct InteractionTable: ~Copyable {
  /// Each interaction's two namespaces, by their places among `namespaces`.
  private let pairs: [(first: Int, second: Int)]
  private let namespaces: [[UInt8]]
  /// For each namespace, the positions of its features in the row at hand.
  private var members: [[Int]]

  init(_ interactions: [Interaction]) {
    var namespaces: [[UInt8]] = []
    func place(of namespace: String) -> Int {
      let name = Array(namespace.utf8)
      if let known = namespaces.firstIndex(of: name) { return known }
      namespaces.append(name)
      return namespaces.count - 1
    }
    pairs = interactions.map { (place(of: $0.first), place(of: $0.second)) }
    self.namespaces = namespaces
    members = namespaces.map { _ in [] }
  }

  var isEmpty: Bool { pairs.isEmpty }

  /// Begins a row.
  mutating func begin() {
    for place in members.indices { members[place].removeAll(keepingCapacity: true) }
  }

  /// Takes the row's next feature.
  mutating func add(_ name: Span<UInt8>, at position: Int) {
    for place in namespaces.indices where Interaction.isNamespace(namespaces[place], of: name) {
      members[place].append(position)
    }
  }

  /// Tells the pairs of positions whose features may be multiplied, those of a feature with itself too, for as long as `body`
  /// wants more.
  ///
  /// - Returns: whether it wanted all.
  func forEachPair(_ body: (_ first: Int, _ second: Int) -> Bool) -> Bool {
    for pair in pairs {
      for (number, first) in members[pair.first].enumerated() {
        let others = pair.first == pair.second ? members[pair.second][number...] : members[pair.second][...]
        for second in others where !body(first, second) { return false }
      }
    }
    return true
  }
}
