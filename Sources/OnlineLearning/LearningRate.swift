internal import Glibc

/// The step size η as a function of the steps already learned.
public struct LearningRate: Sendable, Equatable, Codable {
  public enum Schedule: String, Sendable, Codable, CaseIterable {
    /// η = η₀.
    case constant
    /// η = η₀ / (t + 1)^power, scikit-learn's `invscaling`.
    case inverseScaling = "inverse_scaling"
    /// η = 1 / (λ (t + t₀)) with λ = λ1 + λ2, Bottou's schedule and scikit-learn's `optimal`.
    case optimal
  }

  /// What a sample does to the weights at a given step size.
  public enum Update: String, Sendable, Codable, CaseIterable {
    /// One gradient step, in proportion to the importance weight.
    case gradient
    /// Infinitely many small ones, so that no step overshoots and weight h is h copies (see `invariantPush`).
    case invariant
  }

  /// nil: the optimizer's (see `Optimizer`).
  public var schedule: Schedule?
  /// nil: the optimizer's.
  public var update: Update?
  /// η₀, above 0; α for FTRL. Not used by `optimal`. nil: the optimizer's.
  public var initial: Double?
  /// The exponent of `inverseScaling`, at least 0.
  public var power: Double
  /// t₀ of `optimal`, above 0; nil asks for Bottou's heuristic (see `StepSize`).
  public var offset: Double?
  /// β of FTRL, above 0: a weight's rate is α / (β + √Σg²).
  public var beta: Double

  enum CodingKeys: String, CodingKey {
    case schedule, initial, power, update, beta
    case offset = "t0"
  }

  public init(
    schedule: Schedule? = nil, initial: Double? = nil, power: Double = 0.25, offset: Double? = nil,
    update: Update? = nil, beta: Double = 1
  ) {
    self.beta = beta
    self.update = update
    self.schedule = schedule
    self.initial = initial
    self.power = power
    self.offset = offset
  }

  /// What is not there has its default.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    schedule = try fields.decodeIfPresent(Schedule.self, forKey: .schedule)
    update = try fields.decodeIfPresent(Update.self, forKey: .update)
    initial = try fields.decodeIfPresent(Double.self, forKey: .initial)
    power = try fields.decodeIfPresent(Double.self, forKey: .power) ?? power
    offset = try fields.decodeIfPresent(Double.self, forKey: .offset)
    beta = try fields.decodeIfPresent(Double.self, forKey: .beta) ?? beta
  }
}

/// A learning rate made ready for one configuration.
public struct StepSize: Sendable {
  private let schedule: LearningRate.Schedule
  private let initial: Double
  private let power: Double
  private let strength: Double
  private let offset: Double

  /// With `optimal` and no offset, t₀ is Bottou's: the first step is about the size of a typical weight.
  /// With λ = λ1 + λ2, typical weight v = λ^(−1/4), η₀ = v / max(1, ℓ′(−v, 1)), t₀ = 1 / (η₀ λ)
  /// (Bottou, Stochastic Gradient Descent Tricks, 2012; scikit-learn's `_plain_sgd`).
  public init(_ configuration: LearnerConfiguration) {
    schedule = configuration.schedule
    initial = configuration.initialStepSize
    power = configuration.learningRate.power
    strength = configuration.penalty.l1 + configuration.penalty.l2
    if let offset = configuration.learningRate.offset {
      self.offset = offset
    } else {
      let typical = (1 / strength.squareRoot()).squareRoot()
      let first = typical / max(1, configuration.lossFunction.derivative(-typical, 1))
      offset = 1 / (first * strength)
    }
  }

  /// η for the step that follows `steps` learned ones.
  ///
  /// - Complexity: O(1)
  public func callAsFunction(after steps: UInt64) -> Double {
    switch schedule {
    case .constant: initial
    case .inverseScaling: initial / pow(Double(steps) + 1, power)
    // Far beyond any use, and so that the sum of all steps stays finite.
    case .optimal: min(1 / (strength * (Double(steps) + offset)), 1e30)
    }
  }
}
