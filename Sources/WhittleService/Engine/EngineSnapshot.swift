internal import Glibc
internal import ModelStore
internal import OnlineLearning
internal import SampleFormats
internal import WhittleProtocol

/// The whole state of the engine as of one step, for other threads to look at.
struct EngineSnapshot: Sendable {
  let model: Model
  let sequences: SourceSequences
  let delayed: Stats.Delayed
  let counters: StreamCounters
  let samplesPerSecond: Double
  let uptimeSeconds: Double
  let health: Stats.Health
  let problem: String?
  let diverging: Bool
  let checkpoint: Stats.Checkpoint?
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
    let features = model.space.featureCount
    let validation = validation
    return Stats(
      health: health, problem: problem, uptimeSeconds: uptimeSeconds, step: model.steps, samples: counters.samples,
      unlearned: counters.unlearned, messages: counters.messages,
      rejected: Dictionary(uniqueKeysWithValues: counters.rejected.map { ($0.key.rawValue, $0.value) }),
      samplesPerSecond: samplesPerSecond,
      loss: Stats.Loss(overall: validation.overall?.loss, recent: validation.recent?.loss), validation: validation,
      features: features, activeSet: active,
      sparsity: features == 0 ? 0 : Double(features - active) / Double(features), l1Norm: l1,
      l2Norm: l2.squareRoot(), intercept: model.learner.intercept, stepSize: model.learner.nextStepSize,
      clampedUpdates: model.learner.state.clampedUpdates, diverging: diverging,
      sequences: Stats.Sequences(sequences), delayed: delayed,
      room: Stats.Room(forgotten: counters.forgottenFeatures, refused: counters.refusedFeatures), checkpoint: checkpoint
    )
  }

  /// The coefficients that are not zero, in the order in which the features came.
  ///
  /// - Complexity: O(features)
  func activeCoefficients(_ values: [Float]) -> Coefficients {
    coefficients(values.indices.filter { values[$0] != 0 }, values)
  }

  /// - Parameters:
  ///   - names: these, or all features where it is nil.
  ///   - top: at most so many, heaviest first.
  /// - Throws: `unknownFeature` for names that the model does not know.
  /// - Complexity: O(features), and to sort them for `top`.
  func coefficients(_ values: [Float], names: [String]?, top: Int?) throws(QueryFailure) -> Coefficients {
    if let names {
      var chosen: [Int] = []
      var unknown: [String] = []
      for name in names {
        if let index = model.space.index(of: name) { chosen.append(Int(index)) } else { unknown.append(name) }
      }
      guard unknown.isEmpty else {
        let listed = unknown.prefix(10).map { "\"\($0)\"" }.joined(separator: ", ")
        throw QueryFailure(.unknownFeature, "the model knows no feature \(listed)\(unknown.count > 10 ? ", …" : "")")
      }
      return coefficients(chosen, values)
    }
    let listed = values.indices.filter { model.space.isListed($0, value: values[$0]) }
    guard let top else { return coefficients(listed, values) }
    // The order of the features settles ties, so that equal models give equal answers.
    let heaviest = listed.sorted { (-abs(values[$0]), $0) < (-abs(values[$1]), $1) }.prefix(top)
    return coefficients(Array(heaviest), values)
  }

  private func coefficients(_ chosen: [Int], _ values: [Float]) -> Coefficients {
    Coefficients(
      step: model.steps, intercept: model.learner.intercept, names: chosen.map { model.space.name(at: $0) },
      values: chosen.map { values[$0] }, features: model.space.featureCount,
      activeSet: values.count { $0 != 0 })
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
