internal import OnlineLearning

/// A setting of the learner that a replay may change, by its key in the daemon's configuration.
struct Hyperparameter: Sendable {
  let key: String
  /// What values it takes, for people.
  let expects: String
  /// Sets it; whether the text is a value.
  let assign: @Sendable (String, inout LearnerConfiguration) -> Bool

  static let all: [Hyperparameter] = [
    .choice("model.optimizer", \.optimizer),
    .choice("learning_rate.schedule", \.learningRate.schedule, orNil: "auto"),
    .choice("learning_rate.update", \.learningRate.update, orNil: "auto"),
    .number("learning_rate.initial", \.learningRate.initial, orNil: "auto"),
    .number("learning_rate.power", \.learningRate.power),
    .number("learning_rate.t0", \.learningRate.offset, orNil: "auto"),
    .number("learning_rate.beta", \.learningRate.beta, above: true),
    .count("learning_rate.average_from", \.averagingStart, orNil: "none"),
    .number("penalty.l1", \.penalty.l1), .number("penalty.l2", \.penalty.l2),
    .number("penalty.threshold", \.penalty.threshold, orNil: "none"),
    .count("penalty.period", \.penalty.period, 1...1_000_000_000),
    .choice("penalty.penalize", \.penalty.penalize),
    Hyperparameter(key: "loss.quantile", expects: "a number between 0 and 1") { text, configuration in
      guard let value = Double(text), value > 0, value < 1 else { return false }
      configuration.lossParameters.quantile = value
      return true
    },
    .number("loss.delta", \.lossParameters.delta, above: true), .number("loss.epsilon", \.lossParameters.epsilon),
  ]

  private static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: any Sendable & WritableKeyPath<LearnerConfiguration, Choice>
  ) -> Hyperparameter where Choice.RawValue == String {
    Hyperparameter(key: key, expects: words(Choice.self)) { text, configuration in
      guard let choice = Choice(rawValue: text) else { return false }
      configuration[keyPath: path] = choice
      return true
    }
  }

  private static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: any Sendable & WritableKeyPath<LearnerConfiguration, Choice?>, orNil word: String
  ) -> Hyperparameter where Choice.RawValue == String {
    Hyperparameter(key: key, expects: "\(word) or \(words(Choice.self))") { text, configuration in
      let choice = Choice(rawValue: text)
      guard choice != nil || text == word else { return false }
      configuration[keyPath: path] = choice
      return true
    }
  }

  private static func words<Choice: RawRepresentable & CaseIterable & Sendable>(_: Choice.Type) -> String
  where Choice.RawValue == String {
    "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", ")
  }

  /// - Parameter above: whether it has to be above 0, not at least 0.
  private static func number(
    _ key: String, _ path: any Sendable & WritableKeyPath<LearnerConfiguration, Double>, above: Bool = false
  ) -> Hyperparameter {
    Hyperparameter(key: key, expects: "a number \(above ? "above" : "of at least") 0") { text, configuration in
      guard let value = Double(text), value.isFinite, above ? value > 0 : value >= 0 else { return false }
      configuration[keyPath: path] = value
      return true
    }
  }

  private static func number(
    _ key: String, _ path: any Sendable & WritableKeyPath<LearnerConfiguration, Double?>, orNil word: String
  ) -> Hyperparameter {
    Hyperparameter(key: key, expects: "\(word) or a number above 0") { text, configuration in
      let value = Double(text)
      guard text == word || value.map({ $0.isFinite && $0 > 0 }) == true else { return false }
      configuration[keyPath: path] = text == word ? nil : value
      return true
    }
  }

  private static func count(
    _ key: String, _ path: any Sendable & WritableKeyPath<LearnerConfiguration, Int>, _ range: ClosedRange<Int>
  ) -> Hyperparameter {
    Hyperparameter(key: key, expects: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
      text, configuration in
      guard let value = Int(text), range.contains(value) else { return false }
      configuration[keyPath: path] = value
      return true
    }
  }

  private static func count(
    _ key: String, _ path: any Sendable & WritableKeyPath<LearnerConfiguration, Int?>, orNil word: String
  ) -> Hyperparameter {
    Hyperparameter(key: key, expects: "\(word) or a whole number of at least 0") { text, configuration in
      let value = Int(text)
      guard text == word || value.map({ $0 >= 0 }) == true else { return false }
      configuration[keyPath: path] = text == word ? nil : value
      return true
    }
  }
}

/// A combination of hyperparameters.
struct ReplayVariant {
  /// Keys and values that differ from what messages were learned under; none for all as it was.
  var changes: [(hyperparameter: Hyperparameter, text: String)] = []

  /// As people read it.
  var name: String {
    changes.isEmpty ? "as it was" : changes.map { "\($0.hyperparameter.key)=\($0.text)" }.joined(separator: " ")
  }

  func apply(to configuration: inout LearnerConfiguration) {
    // The texts were tried when they were read.
    for (hyperparameter, text) in changes { _ = hyperparameter.assign(text, &configuration) }
  }

  /// Every combination of the values given, after all as it was.
  ///
  /// - Parameter arguments: each a key, `=` and values with commas between them.
  /// - Throws: what is wrong with them, in words.
  static func all(_ arguments: [String]) throws(HyperparameterMistake) -> [ReplayVariant] {
    var variants = [ReplayVariant()]
    var keys: Set<String> = []
    for argument in arguments {
      guard let equals = argument.firstIndex(of: "=") else {
        throw HyperparameterMistake(description: "\"\(argument)\" is not KEY=VALUE or KEY=VALUE,VALUE,…")
      }
      let key = String(argument[..<equals])
      guard let hyperparameter = Hyperparameter.all.first(where: { $0.key == key }) else {
        throw HyperparameterMistake(
          description: "\"\(key)\" is none that a replay can change; there are "
            + Hyperparameter.all.map(\.key).joined(separator: ", "))
      }
      guard keys.insert(key).inserted else { throw HyperparameterMistake(description: "\(key) is set twice") }
      let texts = argument[argument.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
      for text in texts {
        var configuration = LearnerConfiguration()
        guard hyperparameter.assign(String(text), &configuration) else {
          throw HyperparameterMistake(description: "\(key): found \"\(text)\"; expected \(hyperparameter.expects)")
        }
      }
      variants = variants.flatMap { variant in
        texts.map { ReplayVariant(changes: variant.changes + [(hyperparameter, String($0))]) }
      }
    }
    return arguments.isEmpty ? variants : [ReplayVariant()] + variants
  }
}

struct HyperparameterMistake: Error, CustomStringConvertible {
  let description: String
}
