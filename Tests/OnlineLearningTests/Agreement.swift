import OnlineLearning
import Testing

/// Holds the model under test against the oracle.
///
/// The model keeps weights as Float32 and rounds at every touch; that and nothing else is the tolerance for. At θ
/// one rounding grows by the factor λ1/(λ2 θ), because a weight that rounds up waits longer for gravity.
///
/// The support must be equal without exception: no seed in use has a weight so close to zero that its rounding decides.
///
/// - Parameter tolerance: of coefficients, relative to the largest.
func expectAgreement(
  _ lazy: ModelUnderTest, _ eager: EagerLearner, tolerance: Double = 1e-5, _ comment: Comment,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let coefficients = lazy.coefficients(dimensions: eager.weights.count)
  let largest = max(eager.weights.reduce(0) { max($0, abs($1)) }, 1e-30)
  let deviation = eager.weights.indices.reduce(0) {
    max($0, abs(coefficients[$1] - eager.weights[$1]) / largest)
  }
  #expect(deviation <= tolerance, "coefficients, \(comment)", sourceLocation: sourceLocation)

  let flipped = eager.weights.indices.filter { (coefficients[$0] == 0) != (Float(eager.weights[$0]) == 0) }
  #expect(flipped == [], "support, \(comment)", sourceLocation: sourceLocation)

  let intercept = lazy.model.learner.intercept
  #expect(
    abs(intercept - eager.intercept) <= 1e-5 * max(1, abs(eager.intercept)), "intercept, \(comment)",
    sourceLocation: sourceLocation)

  let (loss, memory) = (lazy.model.configuration.lossFunction, lazy.model.configuration.memory)
  for (name, got, expected) in [
    ("overall loss", lazy.model.validation.overall(loss)?.loss, eager.meanLoss()),
    ("recent loss", lazy.model.validation.recent(loss)?.loss, eager.meanLoss(halfLife: memory.halfLife)),
  ] {
    #expect(
      abs((got ?? .nan) - expected) <= 1e-5 * max(abs(expected), 0.1), "\(name), \(comment)",
      sourceLocation: sourceLocation)
  }
}
