internal import ZeroMQ

/// Which keys are listed for what. A value: who looks at it sees one state of all lists.
struct AllowLists: Sendable, Equatable {
  private enum List: Sendable, Equatable {
    case anybody
    /// Names by keys.
    case only([String: String])
  }

  private var byRole: [KeyRole: List] = [:]

  /// Reads all lists.
  ///
  /// - Throws: where a file cannot be read or holds something else, or others than its owner may change it.
  /// - Complexity: O(bytes of the files)
  init(_ settings: Settings.Security) throws(CurveKeyFileError) {
    for role in KeyRole.allCases {
      switch settings.list(of: role) {
      case .none: byRole[role] = .only([:])
      case .any: byRole[role] = .anybody
      case .file(let path):
        let entries = try CurveKeyFile.list(at: credentialPath(path))
        byRole[role] = .only(Dictionary(entries.map { ($0.key.text, $0.name) }) { $1 })
      }
    }
  }

  /// Whether the owner of this key may do what the role is for. Who may do anything may ask, too.
  func admits(_ key: String?, as role: KeyRole) -> Bool {
    guard let key else { return false }
    return isListed(key, as: role) || role == .query && isListed(key, as: .admin)
  }

  private func isListed(_ key: String, as role: KeyRole) -> Bool {
    switch byRole[role] {
    case .anybody: true
    case .only(let keys): keys[key] != nil
    case nil: false
    }
  }

  /// What the owner of the key is called in the first list that names it; nil where none does.
  func name(of key: String) -> String? {
    for role in KeyRole.allCases {
      if case .only(let keys) = byRole[role], let name = keys[key], !name.isEmpty { return name }
    }
    return nil
  }

  /// Why the key is not admitted.
  func refusal(of key: String?) -> DoorRefusal {
    guard let key else { return .mechanism }
    return KeyRole.allCases.contains { isListed(key, as: $0) } ? .otherRole : .unknownKey
  }

  /// How many keys each list has; nil for one that anybody is on.
  var counts: [KeyRole: Int?] {
    byRole.mapValues { list in
      switch list {
      case .anybody: nil
      case .only(let keys): keys.count
      }
    }
  }
}
