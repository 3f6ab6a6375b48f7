/// The penalty λ1‖w‖₁ + (λ2/2)‖w‖², and the flow that applies it between gradient steps.
public struct Penalty: Sendable, Equatable, Codable {
  /// What λ is in units of.
  public enum Penalize: String, Sendable, Codable, CaseIterable {
    /// The weights as they are.
    case raw
    /// Each feature's root mean square σ over all samples so far, absent ones counting as 0: the penalty that `raw` is
    /// for features divided by their σ, as glmnet's standardization. For a weight w that is λ1 σ|w| + (λ2/2) σ²w².
    case scaled
  }

  /// λ1, at least 0: Langford, Li and Zhang's gravity per unit of step size.
  public var l1: Double
  /// λ2, at least 0: weight decay per unit of step size.
  public var l2: Double
  /// θ, above 0: weights larger than this feel no gravity. nil: all feel it.
  public var threshold: Double?
  /// K, at least 1: gravity acts at every K-th step, by what it missed.
  public var period: Int
  public var penalize: Penalize
  /// Features that bear another share of the penalty.
  public var factors: [PenaltyFactor]

  public init(
    l1: Double = 0, l2: Double = 0, threshold: Double? = nil, period: Int = 1, penalize: Penalize = .raw,
    factors: [PenaltyFactor] = []
  ) {
    self.penalize = penalize
    self.factors = factors
    self.l1 = l1
    self.l2 = l2
    self.threshold = threshold
    self.period = period
  }

  /// What is not there has its default.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    l1 = try fields.decodeIfPresent(Double.self, forKey: .l1) ?? l1
    l2 = try fields.decodeIfPresent(Double.self, forKey: .l2) ?? l2
    threshold = try fields.decodeIfPresent(Double.self, forKey: .threshold)
    period = try fields.decodeIfPresent(Int.self, forKey: .period) ?? period
    penalize = try fields.decodeIfPresent(Penalize.self, forKey: .penalize) ?? penalize
    factors = try fields.decodeIfPresent([PenaltyFactor].self, forKey: .factors) ?? factors
  }

  private enum CodingKeys: String, CodingKey {
    case l1, l2, threshold, period, penalize, factors
  }

  /// Whether weights shrink at all.
  public var isNone: Bool { l1 == 0 && l2 == 0 }

  /// Where a weight of rate 1 stands after `time` units of the shrinkage clock: the exact solution of
  ///
  ///     dw/ds = −λ2 w − λ1 sgn(w)·[|w| ≤ θ]
  ///
  /// with zero absorbing. Above θ that is pure decay until θ is met, after ln(a/θ)/λ2; from there
  /// a e^(−λ2 s) − (λ1/λ2)(1 − e^(−λ2 s)), or a − λ1 s where λ2 = 0. A flow: shrinking by s and then by r is
  /// shrinking by s + r. With λ2 = 0 it is the truncation T1 of Langford, Li and Zhang (JMLR 10, 2009, eq. 6).
  ///
  /// Where all weights have rate 1 the learner pays by `ShrinkageClock`, which is this in other units; a test holds both
  /// to each other.
  ///
  /// - Parameter time: at least 0.
  /// - Complexity: O(1)
  public func shrink(_ weight: Double, over time: Double) -> Double {
    ShrinkageFlow(gravity: l1, decay: l2, threshold: threshold ?? .infinity).shrink(weight, over: time)
  }
}
