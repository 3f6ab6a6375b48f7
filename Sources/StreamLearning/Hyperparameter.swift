public import OnlineLearning

/// A setting of the learner that may change while it learns, and that a replay may change: its key in the daemon's configuration, what
/// it takes, and how it gets into the learner's configuration and out again.
public struct Hyperparameter: Sendable {
  public enum Value: Sendable, Equatable {
    case number(Double)
    case word(String)

    /// As people write it, and `assign` takes it.
    public var text: String {
      switch self {
      case .number(let number): DecimalNumber.text(number)
      case .word(let word): word
      }
    }
  }

  public let key: String
  /// What it takes, in words that fit after "expected".
  public let expectation: String
  /// Sets it; false where the text is not what is expected, and then nothing has changed.
  public let assign: @Sendable (String, inout LearnerConfiguration) -> Bool
  public let read: @Sendable (LearnerConfiguration) -> Value

  /// In the order in which people read them.
  public static let all: [Hyperparameter] = [
    quantile, delta, epsilon, optimizer, schedule, update, initial, power, t0, beta, averageFrom, l1, l2, threshold,
    period, penalize,
  ]

  /// By their keys.
  public static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

  public static let quantile = Hyperparameter("loss.quantile", \.lossParameters.quantile, "a number between 0 and 1") {
    $0 > 0 && $0 < 1
  }
  public static let delta = positive("loss.delta", \.lossParameters.delta)
  public static let epsilon = nonNegative("loss.epsilon", \.lossParameters.epsilon)
  public static let optimizer = choice("model.optimizer", \.optimizer)
  public static let schedule = choice("learning_rate.schedule", \.learningRate.schedule, or: "auto")
  public static let update = choice("learning_rate.update", \.learningRate.update, or: "auto")
  public static let initial = positive("learning_rate.initial", \.learningRate.initial, or: "auto")
  public static let power = nonNegative("learning_rate.power", \.learningRate.power)
  public static let t0 = positive("learning_rate.t0", \.learningRate.offset, or: "auto")
  public static let beta = positive("learning_rate.beta", \.learningRate.beta)
  public static let averageFrom = Hyperparameter(
    key: "learning_rate.average_from", expectation: "a whole number from 0 to \(steps.upperBound), or none",
    parse: { text in text == "none" ? .some(nil) : Int(text).flatMap { steps.contains($0) ? .some($0) : nil } },
    \.averagingStart, render: { $0.map { .number(Double($0)) } ?? .word("none") })
  public static let l1 = nonNegative("penalty.l1", \.penalty.l1)
  public static let l2 = nonNegative("penalty.l2", \.penalty.l2)
  public static let threshold = positive("penalty.threshold", \.penalty.threshold, or: "none")
  public static let period = Hyperparameter(
    key: "penalty.period", expectation: "a whole number from \(periods.lowerBound) to \(periods.upperBound)",
    parse: { Int($0).flatMap { periods.contains($0) ? $0 : nil } }, \.penalty.period, render: { .number(Double($0)) })
  public static let penalize = choice("penalty.penalize", \.penalty.penalize)

  private static let steps = 0...1_000_000_000_000
  private static let periods = 1...1_000_000_000
  /// Far beyond any use, so that sums and products of settings stay finite.
  private static let largest = 1e9
}

/// A writable place in the learner's configuration; key paths to stored properties hold no state, so they may be shared.
private typealias LearnerPath<Value> = any WritableKeyPath<LearnerConfiguration, Value> & Sendable

extension Hyperparameter {
  private init<Value>(
    key: String, expectation: String, parse: @escaping @Sendable (String) -> Value?, _ path: LearnerPath<Value>,
    render: @escaping @Sendable (Value) -> Hyperparameter.Value
  ) {
    self.init(
      key: key, expectation: expectation,
      assign: { text, configuration in
        guard let value = parse(text) else { return false }
        configuration[keyPath: path] = value
        return true
      }, read: { render($0[keyPath: path]) })
  }

  private init(
    _ key: String, _ path: LearnerPath<Double>, _ expectation: String, check: @escaping @Sendable (Double) -> Bool
  ) {
    self.init(
      key: key, expectation: expectation, parse: { DecimalNumber.read($0).flatMap { check($0) ? $0 : nil } }, path,
      render: { .number($0) })
  }

  private static func nonNegative(_ key: String, _ path: LearnerPath<Double>) -> Hyperparameter {
    Hyperparameter(key, path, "a number of at least 0, at most 1e9") { $0 >= 0 && $0 <= largest }
  }

  private static func positive(_ key: String, _ path: LearnerPath<Double>) -> Hyperparameter {
    Hyperparameter(key, path, "a number above 0, at most 1e9") { $0 > 0 && $0 <= largest }
  }

  /// - Parameter word: stands for nil.
  private static func positive(
    _ key: String, _ path: LearnerPath<Double?>, or word: String
  ) -> Hyperparameter {
    Hyperparameter(
      key: key, expectation: "a number above 0, at most 1e9, or \(word)",
      parse: { text in
        text == word ? .some(nil) : DecimalNumber.read(text).flatMap { $0 > 0 && $0 <= largest ? .some($0) : nil }
      }, path, render: { $0.map { .number($0) } ?? .word(word) })
  }

  private static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: LearnerPath<Choice>
  ) -> Hyperparameter where Choice.RawValue == String {
    Hyperparameter(
      key: key, expectation: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "),
      parse: { Choice(rawValue: $0) }, path, render: { .word($0.rawValue) })
  }

  /// - Parameter word: stands for nil.
  private static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: LearnerPath<Choice?>, or word: String
  ) -> Hyperparameter where Choice.RawValue == String {
    Hyperparameter(
      key: key, expectation: "one of " + (Choice.allCases.map(\.rawValue) + [word]).joined(separator: ", "),
      parse: { text in text == word ? .some(nil) : Choice(rawValue: text).map { .some($0) } }, path,
      render: { .word($0?.rawValue ?? word) })
  }
}
