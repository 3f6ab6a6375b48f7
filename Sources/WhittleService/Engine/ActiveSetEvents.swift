internal import OnlineLearning
internal import WhittleProtocol

extension ActiveSetWatch {
  /// Takes a look at a snapshot that is to be published, if it is time to.
  ///
  /// - Parameter values: its coefficients.
  /// - Returns: what to tell.
  /// - Complexity: O(features)
  mutating func events(_ model: ModelSnapshot, _ values: [Float], now: Double) -> [Event] {
    guard isDue(step: model.steps, now: now) else { return [] }
    let (entered, left) = take(Look(model, values), now: now)
    return [
      entered.map { Event(.featureEntered, $0, "entered the active set", step: model.steps) },
      left.map { Event(.featureLeft, $0, "left the active set", step: model.steps) },
    ].compactMap { $0 }
  }
}

extension ActiveSetWatch.Look {
  /// - Parameter coefficients: the model's.
  init(_ model: ModelSnapshot, _ coefficients: [Float]) {
    self.init(step: model.steps, coefficients: coefficients, renamings: model.renamings) { index in
      model.space.kind == .dictionary && !model.isListed(index, value: 0) ? nil : model.name(at: index)
    }
  }
}

extension Event {
  /// - Parameter verb: what the features have done.
  fileprivate init(_ kind: Kind, _ change: ActiveSetChange, _ verb: String, step: UInt64) {
    let names = change.names.prefix(3).map { "\"\($0.prefix(60))\"" }.joined(separator: ", ")
    let subject =
      if change.count == 1 {
        names.isEmpty ? "a feature that was forgotten has" : "feature \(names) has"
      } else {
        "\(change.count) features have"
      }
    let examples = change.count > 1 && !names.isEmpty ? ": \(names)\(change.count > 3 ? ", …" : "")" : ""
    self.init(
      kind, step: step, time: unixSeconds(), message: "\(subject) \(verb)\(examples)", activeSetChange: change)
  }
}
