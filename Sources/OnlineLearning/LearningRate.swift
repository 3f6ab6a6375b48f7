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

  public var schedule: Schedule
  public var update: Update
  /// η₀, above 0. Not used by `optimal`.
  public var initial: Double
  /// The exponent of `inverseScaling`, at least 0.
  public var power: Double
  /// t₀ of `optimal`, above 0; nil asks for Bottou's heuristic (see `StepSize`).
  public var offset: Double?

  enum CodingKeys: String, CodingKey {
    case schedule, initial, power, update
    case offset = "t0"
  }

  public init(
    schedule: Schedule = .inverseScaling, initial: Double = 0.01, power: Double = 0.25, offset: Double? = nil,
    update: Update = .gradient
  ) {
    self.update = update
    self.schedule = schedule
    self.initial = initial
    self.power = power
    self.offset = offset
  }
}

/// A learning rate made ready for one loss and one penalty.
public struct StepSize: Sendable {
  private let rate: LearningRate
  private let strength: Double
  private let offset: Double

  /// With `optimal` and no offset, t₀ is Bottou's: the first step is about the size of a typical weight.
  /// With λ = λ1 + λ2, typical weight v = λ^(−1/4), η₀ = v / max(1, ℓ′(−v, 1)), t₀ = 1 / (η₀ λ)
  /// (Bottou, Stochastic Gradient Descent Tricks, 2012; scikit-learn's `_plain_sgd`).
  public init(_ rate: LearningRate, loss: LossFunction, penalty: Penalty) {
    self.rate = rate
    strength = penalty.l1 + penalty.l2
    if let offset = rate.offset {
      self.offset = offset
    } else {
      let typical = (1 / strength.squareRoot()).squareRoot()
      let first = typical / max(1, loss.derivative(-typical, 1))
      offset = 1 / (first * strength)
    }
  }

  /// η for the step that follows `steps` learned ones.
  ///
  /// - Complexity: O(1)
  public func callAsFunction(after steps: UInt64) -> Double {
    switch rate.schedule {
    case .constant: rate.initial
    case .inverseScaling: rate.initial / pow(Double(steps) + 1, rate.power)
    case .optimal: 1 / (strength * (Double(steps) + offset))
    }
  }
}
