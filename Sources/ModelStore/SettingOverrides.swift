/// Settings that were changed while the daemon ran, in place of what its configuration says: part of what recovery brings back.
///
/// Each remembers what the configuration said then. One whose configuration says something else at a start is given up: who has
/// written there since means it.
public struct SettingOverrides: Sendable, Equatable, Codable {
  public struct Override: Sendable, Equatable, Codable {
    /// What it was set to, as people write it.
    public var value: String
    /// What the configuration said at the time.
    public var configured: String

    public init(value: String, configured: String) {
      self.value = value
      self.configured = configured
    }
  }

  public var byKey: [String: Override]

  public init(_ byKey: [String: Override] = [:]) { self.byKey = byKey }

  public var isEmpty: Bool { byKey.isEmpty }

  public init(from decoder: any Decoder) throws {
    byKey = try decoder.singleValueContainer().decode([String: Override].self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(byKey)
  }
}
