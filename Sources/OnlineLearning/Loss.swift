internal import Glibc

/// What is learned: which mistakes cost how much. `LossFunction` has the formulas.
public enum Loss: String, Sendable, Codable, CaseIterable {
  /// Regression to the mean. Targets: every number in Float32's range.
  case squared
  /// Regression to the mean that outliers pull at with bounded force. Targets as for `squared`.
  case huber
  /// Regression to the τ-quantile. Targets as for `squared`.
  case quantile
  /// Regression that spares errors up to ε. Targets as for `squared`.
  case epsilonInsensitive = "epsilon_insensitive"
  /// Counts, by the logarithm of their mean. Targets: at least 0, in Float32's range.
  case poisson
  /// Probability of one of two classes. Targets: 1 for one class; 0 or −1 for the other.
  case logistic
  /// Two classes kept apart by a margin. Targets as for `logistic`.
  case hinge
  /// Two classes kept apart by a margin, large errors weighing more. Targets as for `logistic`.
  case squaredHinge = "squared_hinge"

  /// Whether targets name one of two classes.
  public var isClassification: Bool {
    switch self {
    case .logistic, .hinge, .squaredHinge: true
    case .squared, .huber, .quantile, .epsilonInsensitive, .poisson: false
    }
  }

  /// The target as the loss works with it (classes as −1 and 1), or nil for one that the loss has no meaning for.
  ///
  /// - Complexity: O(1)
  public func normalizedTarget(_ target: Double) -> Double? {
    if isClassification { return target == 1 ? 1 : target == 0 || target == -1 ? -1 : nil }
    guard abs(target) <= Double(Float.greatestFiniteMagnitude) else { return nil }
    return self == .poisson && target < 0 ? nil : target
  }

  /// Replaces each target by what `normalizedTarget` makes of it.
  ///
  /// - Returns: false where the loss has no meaning for one; what all have become is of no use then.
  /// - Complexity: O(targets)
  public func normalize(_ targets: UnsafeMutableBufferPointer<Double>) -> Bool {
    // Without branches, so that several are done at a time.
    var wrong: UInt64 = 0
    if isClassification {
      for position in targets.indices {
        let target = targets[position]
        wrong |= target == 1 || target == 0 || target == -1 ? 0 : 1
        targets[position] = target == 1 ? 1 : -1
      }
      return wrong == 0
    }
    let least = self == .poisson ? 0 : -Double(Float.greatestFiniteMagnitude)
    for target in targets {
      wrong |= least <= target && target <= Double(Float.greatestFiniteMagnitude) ? 0 : 1
    }
    return wrong == 0
  }

  /// What `normalizedTarget` accepts, in words that fit after "the target must be".
  public var targetRequirement: String {
    if isClassification { return "1 for one class and 0 or -1 for the other" }
    return self == .poisson ? "from 0 to 3.4e38" : "a finite number of at most 3.4e38 either way"
  }

  /// What the user sees as the prediction: the probability of class 1 (logistic), the expected count (Poisson, at most
  /// the largest finite Float32), or the margin itself.
  ///
  /// - Complexity: O(1)
  public func prediction(_ margin: Double) -> Double {
    switch self {
    case .logistic: 1 / (1 + exp(-margin))
    case .poisson: min(exp(margin), Double(Float.greatestFiniteMagnitude))
    default: margin
    }
  }
}
