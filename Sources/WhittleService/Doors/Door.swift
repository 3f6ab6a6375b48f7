/// One of the daemon's sockets, as a way in. The raw value names it in settings, stats and metrics.
enum Door: String, Sendable, CaseIterable {
  case sub, pull, router, query, publish

  /// What a key must be listed for to come in here.
  var role: KeyRole {
    switch self {
    case .sub, .pull, .router: .ingest
    case .query: .query
    case .publish: .publish
    }
  }
}

/// What a client's key may be listed for.
enum KeyRole: String, Sendable, CaseIterable {
  /// To send samples.
  case ingest
  /// To ask what changes nothing.
  case query
  /// To subscribe to what is published.
  case publish
  /// To ask anything, also what changes the model or the daemon.
  case admin

  /// The setting that says where its list is.
  var key: String { "security.\(rawValue)_keys" }
}

/// Why somebody was not let in, or was put out again.
enum DoorRefusal: String, Sendable, CaseIterable {
  /// The key is in no list.
  case unknownKey = "unknown_key"
  /// The key is listed, but not for this.
  case otherRole = "other_role"
  /// The key was taken off its list while its owner was connected: messages that were dropped, and connections that were ended.
  case revokedKey = "revoked_key"
  /// An operation for which a key must be listed as `admin`.
  case operation
  /// CURVE was not spoken where it should be, or was where it should not.
  case mechanism
  /// What was sent is encrypted for another key than the daemon's.
  case encryption
  /// ZMTP was spoken wrong.
  case `protocol`
  /// Nothing was said for too long, or the peer went away before it had said enough.
  case silence
  /// There were too many connections.
  case tooMany = "too_many"
  /// One connection subscribed to too much.
  case subscriptions
  /// The operating system had no descriptor or no memory for another connection.
  case resources
}
