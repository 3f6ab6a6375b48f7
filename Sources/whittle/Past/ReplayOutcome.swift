internal import ArgumentParser
internal import ModelStore
internal import OnlineLearning
internal import StreamLearning

/// What learning messages again under some hyperparameters came to.
struct ReplayOutcome: Encodable {
  let hyperparameters: [String: String]
  let messages: Int
  let samples: UInt64
  let step: UInt64
  /// Means over the samples learned again; nil where there were none.
  let loss: Double?
  let recentLoss: Double?
  let bestConstantLoss: Double?
  let features: Int
  let activeSet: Int
  let l1Norm: Double
  let name: String

  enum CodingKeys: String, CodingKey {
    case hyperparameters, messages, samples, step, loss, features
    case recentLoss = "recent_loss"
    case bestConstantLoss = "best_constant_loss"
    case activeSet = "active_set"
    case l1Norm = "l1_norm"
  }

  /// Learns the journal of a state directory after a checkpoint, or from the beginning.
  ///
  /// - Throws: where the journal cannot be read, or the hyperparameters contradict each other.
  init(
    _ variant: ReplayVariant, after checkpoint: Checkpoint?, _ state: StateOptions, pastDamage: Bool
  ) throws {
    let start = checkpoint.map(StreamLearner.State.init(measuredFromHere:))
    var contradiction: LearnerConfiguration.Contradiction?
    var replay = StreamReplay(after: start) { settings in
      var changed = settings
      variant.apply(to: &changed.learner)
      contradiction = contradiction ?? changed.learner.contradiction
      if changed.learner.contradiction == nil { settings = changed }
    }
    let report: JournalReport
    do throws(StoreError) {
      report = try replay.run(state.journal, on: LocalFileSystem(), pastDamage: pastDamage)
    } catch {
      throw ToolError(error)
    }
    if let contradiction {
      throw ValidationError("--set \(variant.name) does not go together with what else is set: \(contradiction)")
    }
    if let dropped = report.dropped {
      StandardError.write("whittle: the end of the journal was left out: \(dropped.reason)\n")
    }
    for gap in report.gaps { StandardError.write("whittle: \(gap.missing) messages are missing: \(gap.problem)\n") }
    guard let model = replay.state?.model else {
      throw ToolError.cannotOpen(file: state.journal, reason: "it has no message after the one to begin with")
    }
    name = variant.name
    hyperparameters = Dictionary(uniqueKeysWithValues: variant.changes.map { ($0.hyperparameter.key, $0.text) })
    messages = report.records
    step = model.steps
    samples = replay.samples
    let function = model.configuration.lossFunction
    let overall = model.validation.overall(function)
    (loss, bestConstantLoss) = (overall?.loss, overall?.bestConstantLoss)
    recentLoss = model.validation.recent(function)?.loss
    let coefficients = model.learner.coefficients()
    features = model.space.featureCount
    activeSet = coefficients.count { $0 != 0 }
    l1Norm = coefficients.reduce(0) { $0 + abs(Double($1)) }
  }

  /// All of them, for people.
  static func table(_ outcomes: [ReplayOutcome], after start: NamedCheckpoint?) -> String {
    var table = Table(
      [.left, .right, .right, .right, .right, .right],
      header: ["HYPERPARAMETERS", "LOSS", "RECENT", "BEST CONSTANT", "ACTIVE", "L1 NORM"])
    for outcome in outcomes {
      table.add([
        outcome.name, Format.number(outcome.loss), Format.number(outcome.recentLoss),
        Format.number(outcome.bestConstantLoss),
        "\(Format.count(UInt64(outcome.activeSet))) of \(Format.count(UInt64(outcome.features)))",
        Format.number(outcome.l1Norm),
      ])
    }
    let from = start.map { "after \($0.path)" } ?? "from the beginning"
    let first = outcomes.first
    return
      "\(Format.count(UInt64(first?.messages ?? 0))) messages, \(Format.count(first?.samples ?? 0)) samples, \(from)\n\n"
      + table.text(Style(enabled: StandardOutput.terminal.hasColours))
  }
}

extension StreamLearner.State {
  /// What a checkpoint holds, its predictions measured anew from here.
  fileprivate init(measuredFromHere checkpoint: Checkpoint) {
    let model = checkpoint.model
    self.init(
      Model(model.space, learner: model.learner, validation: ProgressiveValidation(model.configuration.loss)),
      sequences: checkpoint.sequences, delayed: checkpoint.delayed, position: checkpoint.position)
  }
}
