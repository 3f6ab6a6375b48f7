internal import OnlineLearning

/// The settings that a model was learned under, as the daemon names them.
enum ConfigurationRows {
  /// Rows of a table: key and value.
  ///
  /// - Parameter digits: how many significant ones numbers have.
  static func rows(_ configuration: LearnerConfiguration, digits: Int = 6) -> [[String]] {
    func number(_ value: Double) -> String { Format.number(value, digits: digits) }
    let rate = configuration.learningRate
    let penalty = configuration.penalty
    let factors = penalty.factors.map { "\($0.pattern)=\(number($0.factor))" }
    return [
      ["model.loss", configuration.loss.rawValue],
      ["model.intercept", String(configuration.intercept)],
      ["model.optimizer", configuration.optimizer.rawValue],
      ["loss.quantile", number(configuration.lossParameters.quantile)],
      ["loss.delta", number(configuration.lossParameters.delta)],
      ["loss.epsilon", number(configuration.lossParameters.epsilon)],
      ["validation.half_life", number(configuration.memory.halfLife)],
      ["validation.window", Format.count(configuration.memory.window)],
      [
        "learning_rate.schedule", rate.schedule?.rawValue ?? "auto (\(configuration.schedule.rawValue))",
      ],
      ["learning_rate.update", rate.update?.rawValue ?? "auto (\(configuration.update.rawValue))"],
      [
        "learning_rate.initial",
        rate.initial.map(number) ?? "auto (\(number(configuration.initialStepSize)))",
      ],
      ["learning_rate.power", number(rate.power)],
      ["learning_rate.t0", rate.offset.map(number) ?? "auto"],
      ["learning_rate.beta", number(rate.beta)],
      ["learning_rate.average_from", configuration.averagingStart.map { Format.count($0) } ?? "none"],
      ["penalty.l1", number(penalty.l1)],
      ["penalty.l2", number(penalty.l2)],
      ["penalty.threshold", penalty.threshold.map(number) ?? "none"],
      ["penalty.period", Format.count(penalty.period)],
      ["penalty.penalize", penalty.penalize.rawValue],
      ["penalty.factors", factors.isEmpty ? "none" : factors.joined(separator: ", ")],
    ]
  }
}
