internal import OnlineLearning
internal import SampleFormats

/// A model that learns whatever messages come, and what must hold after each.
///
/// Decoder, batch and model live on from message to message, as in the daemon.
final class FuzzedStream {
  private let form: FuzzedForm
  private let decoder: SampleDecoder
  private var model = FuzzedStream.freshModel()
  private var batch = SampleBatch()
  /// Learns a valid message after every input, and what it makes of that.
  private var witness = FuzzedStream.freshModel()
  private var valid = SampleBatch()

  /// Small enough that inputs get at every limit.
  private static let limits = SampleLimits(
    messageBytes: 3000, samplesPerMessage: 20, featuresPerSample: 40, nameBytes: 30, nestingDepth: 6, features: 300)

  /// - Returns: nil when memory is short.
  init?(_ form: FuzzedForm) {
    guard let decoder = SampleDecoder(loss: .squared, limits: FuzzedStream.limits) else { return nil }
    self.form = form
    self.decoder = decoder
    do throws(SampleError) {
      try form.decode(form.valid.span, decoder, into: &valid, &witness.space)
    } catch {
      preconditionFailure("the valid message was rejected: \(error)")
    }
  }

  private static func freshModel() -> Model {
    Model(LearnerConfiguration(loss: .squared, penalty: Penalty(l1: 0.01, l2: 0.01)))
  }

  /// Decodes an input, and learns it where it is a message.
  func take(_ input: Span<UInt8>) {
    let known = model.space.count
    do throws(SampleError) {
      try form.decode(input, decoder, into: &batch, &model.space)
      checkBatch()
      learn()
    } catch {
      checkRejection(error)
      precondition(model.space.count == known, "a rejected message left names")
    }
    checkWitness()
  }

  private func learn() {
    _ = model.makeRoom(for: &batch, limit: FuzzedStream.limits.features, keeping: DelayedSamples(.init()))
    precondition(model.space.featureCount <= FuzzedStream.limits.features, "too many features")
    model.learn(batch)
    precondition(model.learner.intercept.isFinite, "the intercept is not finite")
    for feature in 0..<model.learner.count {
      precondition(model.learner.coefficient(feature).isFinite, "coefficient \(feature) is not finite")
    }
    // So that later inputs meet a model that has room, too.
    if model.steps > 10_000 { model = FuzzedStream.freshModel() }
  }

  private func checkRejection(_ error: SampleError) {
    precondition(batch.count == 0 && batch.features.isEmpty && batch.values.isEmpty, "a rejected message left rows")
    precondition(batch.unlearned == 0, "a rejected message left samples")
    precondition(batch.labels.count == 0 && batch.labels.message == nil, "a rejected message left labels")
    precondition(!error.message.isEmpty)
    precondition(error.source.map { !$0.isEmpty && $0.utf8.count <= FuzzedStream.limits.nameBytes } ?? true)
  }

  private func checkBatch() {
    let limits = FuzzedStream.limits
    precondition(batch.count + batch.unlearned > 0, "a message without a sample was accepted")
    precondition(batch.count + batch.unlearned <= limits.samplesPerMessage, "too many samples")
    precondition(batch.features.count == batch.values.count && batch.rowEnds.last ?? 0 == batch.features.count)
    // As many again may be new until room has been found.
    precondition(model.space.count <= 2 * limits.features, "too many features")
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

  /// Whatever came before it, a valid message is read as at first.
  private func checkWitness() {
    do throws(SampleError) {
      try form.decode(form.valid.span, decoder, into: &batch, &witness.space)
    } catch {
      preconditionFailure("the valid message was rejected: \(error)")
    }
    precondition(
      batch.features == valid.features && batch.values == valid.values && batch.rowEnds == valid.rowEnds
        && batch.targets == valid.targets && batch.importances == valid.importances
        && batch.unlearned == valid.unlearned && batch.labels.message == valid.labels.message,
      "a valid message is read in another way than before")
  }
}
