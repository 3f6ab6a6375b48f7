internal import OnlineLearning
internal import SampleFormats

/// A model that learns whatever messages come, and what must hold after each.
///
/// Decoder, batch and model live on from message to message, as in the daemon.
final class FuzzedStream {
  private let format: SampleDecoder.Format
  private let decoder: SampleDecoder
  private var model = FuzzedStream.freshModel()
  private var batch = SampleBatch()

  /// Small enough that inputs get at every limit.
  private static let limits = SampleLimits(
    messageBytes: 3000, samplesPerMessage: 20, featuresPerSample: 40, nameBytes: 30, nestingDepth: 6, features: 500)

  /// - Returns: nil when memory is short.
  init?(_ format: SampleDecoder.Format) {
    guard let decoder = SampleDecoder(loss: .squared, limits: FuzzedStream.limits) else { return nil }
    self.format = format
    self.decoder = decoder
  }

  private static func freshModel() -> Model {
    Model(LearnerConfiguration(loss: .squared, penalty: Penalty(l1: 0.01, l2: 0.01)))
  }

  /// Decodes a message, and learns it where it is one.
  func take(_ message: Span<UInt8>) {
    let known = model.space.count
    do throws(SampleError) {
      try decoder.decode(message, format: format, for: .learn, into: &batch, dictionary: &model.space)
    } catch {
      precondition(batch.count == 0 && batch.features.isEmpty && batch.values.isEmpty, "a rejected message left rows")
      precondition(model.space.count == known, "a rejected message left names")
      precondition(!error.message.isEmpty)
      return
    }
    checkBatch()
    model.learn(batch)
    precondition(model.learner.intercept.isFinite, "the intercept is not finite")
    for feature in 0..<model.learner.count {
      precondition(model.learner.coefficient(feature).isFinite, "coefficient \(feature) is not finite")
    }
    // So that later inputs meet new names again.
    if model.space.count > 400 { model = FuzzedStream.freshModel() }
  }

  private func checkBatch() {
    let limits = FuzzedStream.limits
    precondition(batch.count + batch.unlearned > 0, "a message without a sample was accepted")
    precondition(batch.count + batch.unlearned <= limits.samplesPerMessage, "too many samples")
    precondition(batch.features.count == batch.values.count && batch.rowEnds.last ?? 0 == batch.features.count)
    precondition(model.space.count <= limits.features, "too many features")
    for row in 0..<batch.count {
      let features = batch.features[batch.range(of: row)]
      precondition(features.count <= limits.featuresPerSample, "too many features in a sample")
      precondition(Set(features).count == features.count, "a feature stands twice in a row")
      precondition(features.allSatisfy { $0 < model.space.count }, "a feature that nobody named")
      precondition(batch.targets[row].isFinite, "a target that is not finite")
      precondition(batch.importances[row] > 0 && batch.importances[row].isFinite, "an importance weight out of range")
    }
    precondition(batch.values.allSatisfy(\.isFinite), "a value that is not finite")
  }
}
