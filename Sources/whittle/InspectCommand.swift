internal import ArgumentParser
internal import FoundationEssentials
internal import ModelStore
internal import OnlineLearning

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a checkpoint file holds. Needs no daemon; every byte is checked against the checksum.")

  @Argument(help: "The checkpoint.", completion: .file(extensions: ["safetensors"]))
  var file: String

  @Option(help: ArgumentHelp("Only the so many heaviest coefficients.", valueName: "k"))
  var top: Int?

  @Flag(help: "Print what it holds as one JSON object.")
  var json = false

  func validate() throws {
    if let top, top < 0 { throw ValidationError("--top must be at least 0, not \(top)") }
  }

  func run() throws {
    let checkpoint: Checkpoint
    do throws(StoreError) {
      checkpoint = try Checkpoint(file: file)
    } catch {
      throw ToolError(error)
    }
    let contents = CheckpointContents(checkpoint, file: file, top: top)
    if json { return try StandardOutput.writeJSON(contents) }
    try StandardOutput.write(contents.text(style: Style(enabled: StandardOutput.terminal.hasColours)))
  }
}

/// A checkpoint for people and programs: what made the model, how it does, and its coefficients, the heaviest first.
struct CheckpointContents: Encodable {
  struct Loss: Encodable {
    let overall: Double?
    let recent: Double?
  }

  let file: String
  let time: Double
  let step: UInt64
  let loss: Loss
  let features: Int
  let activeSet: Int
  let intercept: Double
  let names: [String]
  let values: [Float]
  let configuration: LearnerConfiguration

  enum CodingKeys: String, CodingKey {
    case file, time, step, loss, features, intercept, names, values, configuration
    case activeSet = "active_set"
  }

  /// - Parameter top: at most so many coefficients; nil takes all.
  init(_ checkpoint: Checkpoint, file: String, top: Int?) {
    let model = checkpoint.model
    configuration = model.configuration
    let values = model.learner.coefficients()
    let listed = values.indices.filter { model.space.isListed($0, value: values[$0]) }
    let sorted = CoefficientTable.sortedByMagnitude(
      names: listed.map { model.space.name(at: $0) }, values: listed.map { values[$0] })
    let shown = sorted.prefix(top ?? sorted.count)
    self.file = file
    time = checkpoint.time
    step = model.steps
    let function = configuration.lossFunction
    loss = Loss(
      overall: model.validation.overall(function)?.loss, recent: model.validation.recent(function)?.loss)
    features = model.space.featureCount
    activeSet = values.count { $0 != 0 }
    intercept = model.learner.intercept
    names = shown.map(\.name)
    self.values = shown.map(\.value)
  }

  func text(style: Style) -> String {
    let rate = configuration.learningRate
    let penalty = configuration.penalty
    var table = Table([.left, .left])
    table.add(["file", file])
    table.add(["written", Date(timeIntervalSince1970: time).ISO8601Format()])
    table.add(["loss, overall", Format.number(loss.overall)])
    table.add(["loss, recent", Format.number(loss.recent)])
    table.add(["model.loss", configuration.loss.rawValue])
    table.add(["model.intercept", String(configuration.intercept)])
    table.add(["model.optimizer", configuration.optimizer.rawValue])
    table.add(["loss.quantile", Format.number(configuration.lossParameters.quantile)])
    table.add(["loss.delta", Format.number(configuration.lossParameters.delta)])
    table.add(["loss.epsilon", Format.number(configuration.lossParameters.epsilon)])
    table.add(["validation.half_life", Format.number(configuration.memory.halfLife)])
    table.add(["validation.window", Format.count(configuration.memory.window)])
    table.add([
      "learning_rate.schedule", rate.schedule?.rawValue ?? "auto (\(configuration.schedule.rawValue))",
    ])
    table.add(["learning_rate.update", rate.update?.rawValue ?? "auto (\(configuration.update.rawValue))"])
    table.add([
      "learning_rate.initial",
      rate.initial.map { Format.number($0) } ?? "auto (\(Format.number(configuration.initialStepSize)))",
    ])
    table.add(["learning_rate.power", Format.number(rate.power)])
    table.add(["learning_rate.t0", rate.offset.map { Format.number($0) } ?? "auto"])
    table.add(["learning_rate.beta", Format.number(rate.beta)])
    table.add(["learning_rate.average_from", configuration.averagingStart.map { Format.count($0) } ?? "none"])
    table.add(["penalty.l1", Format.number(penalty.l1)])
    table.add(["penalty.l2", Format.number(penalty.l2)])
    table.add(["penalty.threshold", penalty.threshold.map { Format.number($0) } ?? "none"])
    table.add(["penalty.period", Format.count(penalty.period)])
    table.add(["penalty.penalize", penalty.penalize.rawValue])
    let factors = penalty.factors.map { "\($0.pattern)=\(Format.number($0.factor))" }
    table.add(["penalty.factors", factors.isEmpty ? "none" : factors.joined(separator: ", ")])
    return table.text() + "\n"
      + CoefficientTable.text(
        names: names, values: values, step: step, intercept: intercept, features: features, activeSet: activeSet,
        style: style)
  }
}

extension ToolError {
  /// What a checkpoint that cannot be read means to this tool.
  init(_ error: StoreError) {
    switch error {
    case .system("open", let path, _): self = .cannotOpen(file: path, reason: "\(error)")
    case .system(_, let path, _): self = .cannotRead(file: path, reason: "\(error)")
    case .damaged(let path, let problem): self = .badData(file: path, line: nil, reason: problem)
    case .newerVersion(let path, let found, let known):
      self = .badData(
        file: path, line: nil,
        reason: "format version \(found) is newer than the \(known) that this whittle reads; upgrade whittle")
    case .locked(let directory, _): self = .cannotOpen(file: directory, reason: "\(error)")
    case .journalDamaged(let path, _, _, _, _): self = .badData(file: path, line: nil, reason: "\(error)")
    case .journalFailed(let segment, _): self = .cannotRead(file: segment, reason: "\(error)")
    }
  }
}
