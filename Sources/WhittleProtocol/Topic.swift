/// The first frame of a publication; the second is its JSON, and buffers may follow.
public enum Topic: String, Sendable, CaseIterable {
  /// `PublishedCoefficients`: those of a step.
  case coefficients
  /// A `CoefficientsDelta`: those that are others than they were at the step before.
  case coefficientsDelta = "coefficients.delta"
  /// `Stats`.
  case stats
  /// An `Event`.
  case event
}
