internal import OnlineLearning
internal import TestSupport

/// A model that learns what a request asks for.
struct Session {
  private let request: Request
  private let targets: [Double]
  private let importances: [Double]
  private let columns: [UInt32]
  private var model: Model

  /// - Throws: `Refusal` where the learner's preconditions would not hold.
  init(_ request: Request) throws {
    if let contradiction = request.configuration.contradiction {
      throw Refusal(description: "the configuration contradicts itself: \(contradiction)")
    }
    guard request.passes ?? 1 >= 0 else { throw Refusal(description: "there cannot be \(request.passes ?? 1) passes") }
    let rows = request.features.count
    let width = request.names?.count ?? request.features.first?.count ?? 0
    let allRows = request.features + (request.predict ?? [])
    guard allRows.allSatisfy({ $0.count == width && $0.allSatisfy(\.isFinite) }) else {
      throw Refusal(description: "a row does not have \(width) finite values")
    }
    let importances = request.importances ?? Array(repeating: 1, count: rows)
    guard request.targets.count == rows, importances.count == rows else {
      throw Refusal(
        description: "\(rows) rows have \(request.targets.count) targets and \(importances.count) importance weights")
    }
    guard importances.allSatisfy({ $0 > 0 && $0 <= Double(Float.greatestFiniteMagnitude) }) else {
      throw Refusal(description: "an importance weight is not above 0 and finite")
    }
    let loss = request.configuration.loss
    targets = try request.targets.map { target in
      guard let normalized = loss.normalizedTarget(target) else {
        throw Refusal(description: "the target must be \(loss.targetRequirement), not \(target)")
      }
      return normalized
    }
    var model = Model(request.configuration)
    let names = request.names ?? (0..<width).map { "f\($0)" }
    columns = names.compactMap { name in
      let utf8 = Array(name.utf8)
      return model.space.intern(utf8.span)
    }
    guard Set(columns).count == width else { throw Refusal(description: "two columns have the same name") }
    // Without a row: from here on the model knows every column.
    model.learn(SampleBatch())
    self.model = model
    self.request = request
    self.importances = importances
  }

  /// Learns all passes.
  mutating func run() -> Answer {
    var order = Array(request.features.indices)
    var random = SeededGenerator(seed: request.shuffleSeed ?? 0)
    var margins: [Double] = []
    var batch = SampleBatch()
    let passes = request.passes ?? 1
    for pass in 0..<passes {
      if request.shuffleSeed != nil { order.shuffle(using: &random) }
      if request.progressive == true, pass == passes - 1 {
        margins = order.map { learnAlone($0) }
      } else {
        batch.removeAll()
        for row in order { append(row, to: &batch) }
        model.learn(batch)
      }
    }
    let coefficients = model.learner.coefficients()
    return Answer(
      coefficients: columns.map { coefficients[Int($0)] }, intercept: model.learner.intercept, steps: model.steps,
      progressive: request.progressive == true ? margins : nil, predictions: request.predict?.map { margin(of: $0) })
  }

  /// Learns a row as a batch of its own.
  ///
  /// - Returns: its margin before.
  private mutating func learnAlone(_ row: Int) -> Double {
    var batch = SampleBatch()
    append(row, to: &batch)
    let margin = model.margin(of: 0, in: batch)
    model.learn(batch)
    return margin
  }

  private func margin(of values: [Float]) -> Double {
    var batch = SampleBatch()
    append(values, to: &batch)
    batch.endRow(target: .nan, importance: 1)
    return model.margin(of: 0, in: batch)
  }

  private func append(_ row: Int, to batch: inout SampleBatch) {
    append(request.features[row], to: &batch)
    batch.endRow(target: targets[row], importance: importances[row])
  }

  private func append(_ values: [Float], to batch: inout SampleBatch) {
    for (column, value) in values.enumerated() { batch.append(feature: columns[column], value: value) }
  }
}
