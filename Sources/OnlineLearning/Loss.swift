internal import Glibc

/// What a prediction costs, as a function of the margin p = w·x + b and the target y.
public enum Loss: String, Sendable, Codable, CaseIterable {
  /// ½(p − y)², for regression. Targets: every number in Float32's range.
  case squared
  /// log(1 + exp(−y p)), for two classes. Targets: 1 for one class; 0 or −1 for the other.
  case logistic

  /// ℓ(p, y), in units of the target squared (squared) or nats (logistic).
  ///
  /// - Complexity: O(1)
  public func value(_ margin: Double, _ target: Double) -> Double {
    switch self {
    case .squared:
      let error = margin - target
      return 0.5 * error * error
    case .logistic:
      let agreement = margin * target
      // The form whose exponential cannot overflow.
      return agreement > 0 ? log1p(exp(-agreement)) : log1p(exp(agreement)) - agreement
    }
  }

  /// ∂ℓ/∂p.
  ///
  /// - Complexity: O(1)
  public func derivative(_ margin: Double, _ target: Double) -> Double {
    switch self {
    case .squared: margin - target
    case .logistic: -target / (1 + exp(margin * target))
    }
  }

  /// The target as the loss works with it, or nil for one that the loss has no meaning for.
  ///
  /// - Complexity: O(1)
  public func normalizedTarget(_ target: Double) -> Double? {
    switch self {
    case .squared: abs(target) <= Double(Float.greatestFiniteMagnitude) ? target : nil
    case .logistic: target == 1 ? 1 : target == 0 || target == -1 ? -1 : nil
    }
  }

  /// What `normalizedTarget` accepts, in words that fit after "the target must be".
  public var targetRequirement: String {
    switch self {
    case .squared: "a finite number of at most 3.4e38 either way"
    case .logistic: "1 for one class and 0 or -1 for the other"
    }
  }

  /// What the user sees as the prediction: the margin itself, or the probability of class 1.
  ///
  /// - Complexity: O(1)
  public func prediction(_ margin: Double) -> Double {
    switch self {
    case .squared: margin
    case .logistic: 1 / (1 + exp(-margin))
    }
  }
}
