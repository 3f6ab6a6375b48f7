internal import Glibc
internal import Logging
internal import OnlineLearning
internal import WhittleProtocol

extension DivergenceWatch.Reading {
  /// - Parameter target: a recent one, as the loss works with it.
  /// - Returns: nil before the first sample.
  /// - Complexity: as that of the recent metrics.
  init?(_ model: Model, target: Double) {
    let loss = model.configuration.lossFunction
    guard let recent = model.validation.recent(loss) else { return nil }
    self.init(
      step: model.steps, loss: recent.loss, bestConstantLoss: recent.bestConstantLoss, zeroLoss: loss.value(0, target),
      clampedUpdates: model.learner.state.clampedUpdates)
  }
}

extension Engine {
  /// Reads how the loss does, and tells everyone when it explodes or has come down again.
  func watchDivergence(now: Double) {
    readingCadence.restart(step: model.steps, now: now)
    guard let lastTarget, let reading = DivergenceWatch.Reading(model, target: lastTarget),
      let change = divergence.take(reading)
    else { return }
    let event = Event(change, reading, model, time: unixSeconds())
    let fields: Logger.Metadata = [
      "step": "\(event.step)", "step_size": "\(model.learner.nextStepSize)", "loss": "\(reading.loss)",
      "best_constant_loss": "\(reading.bestConstantLoss)",
      "clamped_updates": "\(model.learner.state.clampedUpdates)",
    ]
    switch change {
    case .began: logger.warning("diverging: \(event.message)", metadata: fields)
    case .ended: logger.notice("recovered: \(event.message)", metadata: fields)
    }
    publisher.publish(event)
  }
}

extension Event {
  fileprivate init(
    _ change: DivergenceWatch.Change, _ reading: DivergenceWatch.Reading, _ model: Model, time: Double
  ) {
    let stepSize = model.learner.nextStepSize
    let (loss, best) = (reading.loss, reading.bestConstantLoss)
    let losses = "the recent loss is \(short(loss)), that of the best constant prediction \(short(best))"
    let (kind, message): (Kind, String) =
      switch change {
      case .began:
        (
          .divergenceBegan,
          "\(losses), and it stays that high: the step size \(short(stepSize)) is too large for these features; "
            + model.configuration.remedies
        )
      case .ended: (.divergenceEnded, "\(losses), with the step size \(short(stepSize))")
      }
    self.init(
      kind, step: reading.step, time: time, message: message,
      divergence: Divergence(
        // JSON has no words for what is not finite.
        stepSize: stepSize, loss: loss.isFinite ? loss : nil, bestConstantLoss: best.isFinite ? best : nil,
        clampedUpdates: model.learner.state.clampedUpdates))
  }
}

extension LearnerConfiguration {
  /// What to do about steps that are too large, as far as it is not done yet.
  fileprivate var remedies: String {
    let first = schedule == .optimal ? "raise learning_rate.t0" : "lower learning_rate.initial"
    var remedies = [first, "scale the features"]
    if update != .invariant, optimizer != .ftrl { remedies.append("set learning_rate.update to invariant") }
    if optimizer != .normalized { remedies.append("set model.optimizer to normalized") }
    let last = remedies.removeLast()
    return remedies.joined(separator: ", ") + " or " + last
  }
}

/// Four significant digits.
private func short(_ number: Double) -> String {
  // The longest is as -1.234e-308.
  var buffer = [CChar](repeating: 0, count: 32)
  let length = withVaList([number]) { vsnprintf(&buffer, buffer.count, "%.4g", $0) }
  return String(decoding: buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
