/// The first frame of a publication; the second is its JSON.
public enum Topic: String, Sendable, CaseIterable {
  /// A `Coefficients` message.
  case coefficients
  /// A `Stats` message.
  case stats
  /// An `Event` message.
  case event
}
