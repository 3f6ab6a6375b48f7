internal import SampleFormats

/// What a contradiction means to the person who wrote the settings.
extension JSONFields.Contradiction {
  /// The settings that do not go together, the one to blame first.
  var keys: [String] {
    switch self {
    case .featuresOfFlatRecords: ["json.features", "json.layout"]
    case .severalRoles(_, let first, let second): ["json.\(second.rawValue)", "json.\(first.rawValue)"]
    }
  }

  /// What was found, why it does not go together, and what to do.
  var problem: String {
    switch self {
    case .featuresOfFlatRecords:
      "found a field with json.layout flat, where every field without another role is a feature; leave it at auto, "
        + "or set the layout to nested"
    case .severalRoles(let field, .ignore, .ignore):
      "found \(field) several times; give it once"
    case .severalRoles(let field, let first, let second):
      "found \(field) for json.\(first.rawValue) and json.\(second.rawValue); give each role a field of its own"
    }
  }
}
