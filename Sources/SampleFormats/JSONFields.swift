/// What the fields of a JSON record are for.
public struct JSONFields: Sendable, Equatable, Codable {
  public enum Layout: String, Sendable, Codable, CaseIterable {
    /// The features stand in a field of their own: `{"y": 1, "x": {"sleep": 7.5}}`.
    case nested
    /// Every field without another role is a feature: `{"y": 1, "sleep": 7.5}`.
    case flat
  }

  /// The field that has a role.
  public enum Name: Sendable, Equatable, Codable {
    /// The usual one of nested records; none of flat ones, where a field of that name may well be a feature.
    case auto
    case none
    case field(String)
  }

  public enum Role: String, Sendable, CaseIterable {
    /// What is to be learned. A sample without it is not learned.
    case target
    /// The features of a nested record.
    case features
    /// The importance weight.
    case weight
    /// What the sample is called.
    case id
    /// Who sent the sample.
    case source
    /// The sample's number among those of its source.
    case seq
    /// Nothing.
    case ignore
  }

  public var layout = Layout.nested
  public var target = "y"
  /// `auto` or a field.
  public var features = Name.auto
  public var weight = Name.auto
  public var id = Name.auto
  public var source = Name.auto
  public var seq = Name.auto
  public var ignored: [String] = []

  public init() {}

  /// Every field that has a role, in the order in which people read them.
  public var roles: [(role: Role, field: String)] {
    let names: [(Role, Name, usual: String)] = [
      (.features, layout == .nested ? features : .none, "x"), (.weight, weight, "weight"), (.id, id, "id"),
      (.source, source, "source"), (.seq, seq, "seq"),
    ]
    var roles = [(role: Role.target, field: target)]
    for (role, name, usual) in names {
      switch name {
      case .auto: if layout == .nested { roles.append((role, usual)) }
      case .none: break
      case .field(let field): roles.append((role, field))
      }
    }
    return roles + ignored.map { (.ignore, $0) }
  }

  /// What of it does not go together.
  public enum Contradiction: Sendable, Equatable {
    case featuresOfFlatRecords
    /// A field that has several roles, or is ignored twice.
    case severalRoles(field: String, Role, Role)
  }

  /// Everything that does not go together.
  public var contradictions: [Contradiction] {
    var contradictions: [Contradiction] = []
    if layout == .flat, features != .auto { contradictions.append(.featuresOfFlatRecords) }
    var first: [String: Role] = [:]
    for (role, field) in roles {
      if let other = first[field] {
        contradictions.append(.severalRoles(field: field, other, role))
      } else {
        first[field] = role
      }
    }
    return contradictions
  }
}
