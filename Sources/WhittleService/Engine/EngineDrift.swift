internal import Logging
internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol

extension Engine {
  /// Rises of the loss by less than this share of that of the best constant prediction are not told.
  private static let leastRise = 0.01

  /// Takes in the losses of the samples that were learned, and tells everyone when they have risen for good.
  func watchDrift() {
    guard model.hasLossBlocks else { return }
    let (means, samplesSince) = stream.takeLossBlocks()
    var last = model.steps - UInt64(samplesSince)
    last -= UInt64(means.count * LossBlocks.samples)
    for mean in means {
      last += UInt64(LossBlocks.samples)
      if let rise = drift?.take(mean) { tell(rise, at: last) }
    }
  }

  /// Watches over a model that has begun, or begun anew.
  func beginWatchingDrift() {
    drift = settings.events.drift.parameters(settings.events).map { LossDrift($0) }
    if drift != nil { stream.keepLossBlocks() }
  }

  /// - Parameter step: at which it was found.
  private func tell(_ rise: LossDrift.Rise, at step: UInt64) {
    let best = model.validation.recent(model.configuration.lossFunction)?.bestConstantLoss ?? 0
    if rise.lossAfter - rise.lossBefore < Engine.leastRise * best { return }
    let since = step - min(step, UInt64(rise.age * LossBlocks.samples))
    let text =
      "the loss has risen from \(Float(rise.lossBefore)) to \(Float(rise.lossAfter)) since about step \(since): the stream is "
      + "not any more what the model has learned"
    logger.notice("drift: \(text)", metadata: ["step": "\(step)", "detector": "\(rise.detector.rawValue)"])
    publisher.publish(
      Event(
        .driftDetected, step: step, time: unixSeconds(), message: text,
        drift: Event.Drift(
          detector: rise.detector.rawValue, lossBefore: rise.lossBefore, lossAfter: rise.lossAfter, sinceStep: since)))
  }
}

extension Settings.Drift {
  /// Nil where nothing is to be watched.
  fileprivate func parameters(_ events: Settings.Events) -> LossDrift.Parameters? {
    let detectors: Set<LossDrift.Detector> =
      switch self {
      case .both: [.adwin, .pageHinkley]
      case .adwin: [.adwin]
      case .pageHinkley: [.pageHinkley]
      case .off: []
      }
    if detectors.isEmpty { return nil }
    return LossDrift.Parameters(
      detectors: detectors, delta: events.driftDelta, threshold: events.driftThreshold)
  }
}
