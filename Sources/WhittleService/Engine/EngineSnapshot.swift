internal import Glibc
internal import ModelStore
internal import OnlineLearning
internal import SampleFormats
internal import WhittleProtocol

/// The whole state of the engine as of one step, for other threads to look at.
struct EngineSnapshot: Sendable {
  let model: ModelSnapshot
  let reading: EngineReading
}

/// What the engine knows besides the model: little, so that it is copied at once.
struct EngineReading: Sendable {
  let sequences: SourceSequences
  let delayed: Stats.Delayed
  let counters: StreamCounters
  let samplesPerSecond: Double
  let uptimeSeconds: Double
  let health: Stats.Health
  let problem: String?
  let diverging: Bool
  let checkpoint: Stats.Checkpoint?
  let journal: Stats.Journal?
  let measurements: EngineMeasurements
  /// By socket.
  let connections: [String: Stats.Connections]
}

extension EngineSnapshot {
  /// - Complexity: O(features)
  func stats(_ values: [Float]) -> Stats {
    var active = 0
    var l1 = 0.0
    var l2 = 0.0
    for value in values where value != 0 {
      active += 1
      l1 += abs(Double(value))
      l2 += Double(value) * Double(value)
    }
    let features = model.featureCount
    let (validation, counters) = (validation, reading.counters)
    return Stats(
      health: reading.health, problem: reading.problem, uptimeSeconds: reading.uptimeSeconds, step: model.steps,
      samples: counters.samples,
      unlearned: counters.unlearned, messages: counters.messages,
      rejected: Dictionary(uniqueKeysWithValues: counters.rejected.map { ($0.key.rawValue, $0.value) }),
      samplesPerSecond: reading.samplesPerSecond,
      loss: Stats.Loss(overall: validation.overall?.loss, recent: validation.recent?.loss), validation: validation,
      features: features, activeSet: active,
      sparsity: features == 0 ? 0 : Double(features - active) / Double(features), l1Norm: l1,
      l2Norm: l2.squareRoot(), intercept: model.learner.intercept, stepSize: model.learner.nextStepSize,
      clampedUpdates: model.learner.state.clampedUpdates, diverging: reading.diverging,
      sequences: Stats.Sequences(reading.sequences), delayed: reading.delayed,
      room: Stats.Room(forgotten: counters.forgottenFeatures, refused: counters.refusedFeatures),
      checkpoint: reading.checkpoint, journal: reading.journal, connections: reading.connections
    )
  }
}

extension EngineSnapshot {
  private var validation: Validation {
    let loss = model.configuration.lossFunction
    return Validation(
      overall: model.validation.overall(loss).map(metrics), recent: model.validation.recent(loss).map(metrics),
      window: model.validation.window(loss).map(metrics))
  }

  private func metrics(_ known: ValidationMetrics) -> Validation.Metrics {
    var metrics = Validation.Metrics(loss: known.loss, bestConstantLoss: known.bestConstantLoss)
    metrics.rmse = known.rootMeanSquaredError
    metrics.mae = known.meanAbsoluteError
    metrics.r2 = known.rSquared
    metrics.accuracy = known.accuracy
    metrics.auc = known.areaUnderCurve
    metrics.aucError = known.areaUnderCurveError
    metrics.baseRate = known.baseRate
    metrics.meanPrediction = known.meanPrediction
    metrics.calibrationError = known.calibrationError
    return metrics
  }
}
