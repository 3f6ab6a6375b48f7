/// What `set` is asked with.
public struct SetQuestion: QueryQuestion {
  /// Hyperparameters by their keys in the configuration, as `penalty.l1`: numbers or words; null for what the configuration says.
  public var values: [String: JSONValue]

  public init(values: [String: JSONValue]) { self.values = values }

  public static let fields = ["values"]

  public init(_ fields: QueryFields) throws(QueryFailure) {
    let expectation = "an object of settings and their values, such as {\"penalty.l1\": 0.01}"
    guard let values = try fields.optional("values", [String: JSONValue].self, expectation, where: { !$0.isEmpty })
    else { throw QueryFailure(.badRequest, "\"set\" needs \"values\": \(expectation)") }
    self.values = values
  }

  public func write(to fields: inout WrittenQueryFields) throws { try fields.write("values", values) }
}

/// The answer to `set`: the hyperparameters as they are from here on.
public struct SettingsChanged: Codable, Sendable, Equatable {
  public var step: UInt64
  /// The place of the change among the accepted messages of the model's life.
  public var position: UInt64
  /// By key, for example `penalty.l1`: all that can be set.
  public var configuration: [String: JSONValue]

  public init(step: UInt64, position: UInt64, configuration: [String: JSONValue]) {
    self.step = step
    self.position = position
    self.configuration = configuration
  }
}

/// The answer to `reset`.
public struct ModelReset: Codable, Sendable, Equatable {
  /// How far the model had got that is no more.
  public var step: UInt64
  /// The place of the reset among the accepted messages.
  public var position: UInt64

  public init(step: UInt64, position: UInt64) {
    self.step = step
    self.position = position
  }
}

/// The answer to `reload`: what became of the settings that are others than before.
public struct SettingsReloaded: Codable, Sendable, Equatable {
  public var step: UInt64
  /// The place of the change among the accepted messages; that of the last one before where nothing changed that is learned
  /// by.
  public var position: UInt64
  /// By key: those that changed, as they are from here on.
  public var changed: [String: JSONValue]
  /// The keys of those that will change at the next start.
  public var pending: [String]

  public init(step: UInt64, position: UInt64, changed: [String: JSONValue], pending: [String]) {
    self.step = step
    self.position = position
    self.changed = changed
    self.pending = pending
  }
}
