internal import FoundationEssentials
internal import ModelStore
internal import OnlineLearning
internal import WhittleProtocol

/// A checkpoint for people and programs: what made the model, how it does, and its coefficients, the heaviest first.
struct CheckpointContents: Encodable {
  struct Loss: Encodable {
    let overall: Double?
    let recent: Double?
  }

  struct Source: Encodable {
    let source: String
    let last: UInt64
    let missing: UInt64
    let duplicates: UInt64
  }

  let id: UInt64?
  let file: String
  let time: Double
  let step: UInt64
  let position: UInt64
  let loss: Loss
  let validation: Validation
  let sources: [Source]
  let waiting: Int
  let features: Int
  let activeSet: Int
  let intercept: Double
  let names: [String]
  let values: [Float]
  let configuration: LearnerConfiguration

  enum CodingKeys: String, CodingKey {
    case id, file, time, step, position, loss, validation, sources, waiting, features, intercept, names, values
    case configuration
    case activeSet = "active_set"
  }

  /// - Parameter top: at most so many coefficients; nil takes all.
  init(_ named: NamedCheckpoint, top: Int?) {
    let checkpoint = named.checkpoint
    let model = checkpoint.model
    let coefficients = Coefficients(model)
    let shown = coefficients.sorted.prefix(top ?? coefficients.sorted.count)
    configuration = model.configuration
    id = named.id
    file = named.path
    time = checkpoint.time
    step = model.steps
    position = checkpoint.position
    validation = Validation(model)
    loss = Loss(overall: validation.overall?.loss, recent: validation.recent?.loss)
    sources = checkpoint.sequences.all.map {
      Source(
        source: $0.source, last: $0.progress.last, missing: $0.progress.missing, duplicates: $0.progress.duplicates)
    }
    waiting = checkpoint.delayed.count
    features = model.space.featureCount
    activeSet = coefficients.activeSet
    intercept = model.learner.intercept
    names = shown.map(\.name)
    values = shown.map(\.value)
  }

  func text(style: Style) -> String {
    var table = Table([.left, .left])
    if let id { table.add(["checkpoint", String(id)]) }
    table.add(["file", file])
    table.add(["written", Date(timeIntervalSince1970: time).ISO8601Format()])
    table.add(["messages", Format.count(position)])
    if waiting > 0 { table.add(["samples waiting for targets", Format.count(waiting)]) }
    for source in sources {
      table.add([
        "source \(source.source.isEmpty ? "(no name)" : source.source)",
        "last \(Format.count(source.last)), \(Format.count(source.missing)) missing, "
          + "\(Format.count(source.duplicates)) duplicates",
      ])
    }
    table.add(["loss, overall", Format.number(loss.overall)])
    table.add(["loss, recent", Format.number(loss.recent)])
    for row in ConfigurationRows.rows(configuration) { table.add(row) }
    var metrics = Table([.left, .left, .left, .left])
    for row in ValidationRows.rows(validation) { metrics.add(row) }
    let coefficients = CoefficientTable.text(
      names: names, values: values, step: step, intercept: intercept, features: features, activeSet: activeSet,
      style: style)
    return [table.text(), metrics.text(), coefficients].filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

extension CheckpointContents {
  /// A model's coefficients with their names.
  struct Coefficients {
    /// The heaviest first; those of equal weight in the order in which they came.
    let sorted: [(name: String, value: Float)]
    let activeSet: Int

    init(_ model: Model) {
      let values = model.learner.coefficients()
      let listed = values.indices.filter { model.space.isListed($0, value: values[$0]) }
      sorted = CoefficientTable.sortedByMagnitude(
        names: listed.map { model.space.name(at: $0) }, values: listed.map { values[$0] })
      activeSet = values.count { $0 != 0 }
    }
  }
}

extension Validation {
  /// How well a model predicted what it learned.
  init(_ model: Model) {
    let loss = model.configuration.lossFunction
    self.init(
      overall: model.validation.overall(loss).map(Metrics.init),
      recent: model.validation.recent(loss).map(Metrics.init),
      window: model.validation.window(loss).map(Metrics.init))
  }
}

extension Validation.Metrics {
  fileprivate init(_ known: ValidationMetrics) {
    self.init(loss: known.loss, bestConstantLoss: known.bestConstantLoss)
    rmse = known.rootMeanSquaredError
    mae = known.meanAbsoluteError
    r2 = known.rSquared
    accuracy = known.accuracy
    auc = known.areaUnderCurve
    aucError = known.areaUnderCurveError
    baseRate = known.baseRate
    meanPrediction = known.meanPrediction
    calibrationError = known.calibrationError
  }
}
