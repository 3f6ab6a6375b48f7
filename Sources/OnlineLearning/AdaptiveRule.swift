/// What an `AdaptiveRow` has to do: types, so that loops hold nothing of what is not there.
protocol AdaptiveRule {
  /// Whether rates depend on the largest value of each feature: `normalized`.
  static var hasScales: Bool { get }
  /// Whether λ1 or λ2 is above 0.
  static var hasGravity: Bool { get }
  static var hasDecay: Bool { get }
}

enum AdagradRule {
  enum Plain: AdaptiveRule {
    static var hasScales: Bool { false }
    static var hasGravity: Bool { false }
    static var hasDecay: Bool { false }
  }
  enum Gravity: AdaptiveRule {
    static var hasScales: Bool { false }
    static var hasGravity: Bool { true }
    static var hasDecay: Bool { false }
  }
  enum Decay: AdaptiveRule {
    static var hasScales: Bool { false }
    static var hasGravity: Bool { false }
    static var hasDecay: Bool { true }
  }
  enum Both: AdaptiveRule {
    static var hasScales: Bool { false }
    static var hasGravity: Bool { true }
    static var hasDecay: Bool { true }
  }
}

/// A rule with scales.
enum Normalized<Rule: AdaptiveRule>: AdaptiveRule {
  static var hasScales: Bool { true }
  static var hasGravity: Bool { Rule.hasGravity }
  static var hasDecay: Bool { Rule.hasDecay }
}
