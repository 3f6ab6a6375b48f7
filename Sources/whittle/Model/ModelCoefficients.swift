internal import ModelStore
internal import OnlineLearning
internal import WhittleClient
internal import WhittleProtocol

/// Which coefficients are asked for.
struct CoefficientChoice {
  /// These, in this order; none for all.
  var names: [String] = []
  /// Of all, those whose names it matches.
  var like: NamePattern?
  /// Of those, so many of the heaviest.
  var top: Int?
}

extension Coefficients {
  /// The coefficients of a checkpoint, as the daemon answers for its own model: all in the order in which the features came,
  /// the heaviest first with `top`.
  ///
  /// - Throws: `unknownFeatures`.
  /// - Complexity: O(features), and to sort them for `top`
  init(of named: NamedCheckpoint, _ choice: CoefficientChoice) throws(ToolError) {
    let model = named.checkpoint.model
    let values = model.learner.coefficients()
    var chosen: [Int] = []
    if choice.names.isEmpty {
      chosen = values.indices.filter { model.space.isListed($0, value: values[$0]) }
      if let like = choice.like { chosen = chosen.filter { like.matches(model.space.name(at: $0)) } }
      if let top = choice.top {
        chosen = Array(chosen.sorted { (-abs(values[$0]), $0) < (-abs(values[$1]), $1) }.prefix(top))
      }
    } else {
      var unknown: [String] = []
      for name in choice.names {
        if let index = model.space.index(of: name) { chosen.append(Int(index)) } else { unknown.append(name) }
      }
      if !unknown.isEmpty { throw .unknownFeatures(unknown, place: "checkpoint \(named.title)") }
    }
    self.init(
      step: model.steps, intercept: model.learner.intercept, names: chosen.map { model.space.name(at: $0) },
      values: chosen.map { values[$0] }, features: model.space.featureCount, activeSet: values.count { $0 != 0 })
  }
}

extension QueryClient {
  /// Coefficients of the daemon's model.
  func coefficients(_ choice: CoefficientChoice) throws(ClientError) -> Coefficients {
    try coefficients(
      CoefficientsQuestion(
        names: choice.names.isEmpty ? nil : choice.names, top: choice.top, like: choice.like?.text))
  }
}
