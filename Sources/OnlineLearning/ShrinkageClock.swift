/// How much shrinkage every weight of the model has been due so far, in units of step size.
///
/// Decay acts at every step, so its clock S is the running sum of step sizes. Gravity acts at every K-th step, so
/// its clock G stands still in between and then jumps to S. A weight keeps the values of S and G at its last
/// touch; what it owes is the difference (see `Penalty.settle`).
///
/// S is summed with compensation (Neumaier, 1974): after 10¹⁰ steps it still is the sum rounded once.
public struct ShrinkageClock: Sendable, Equatable, Codable {
  /// A moment: the readings of both clocks. `gravity` is at most `decay`, and equal to it where K = 1.
  public struct Reading: Sendable, Equatable {
    public var decay: Double
    public var gravity: Double

    public init(decay: Double, gravity: Double) {
      self.decay = decay
      self.gravity = gravity
    }
  }

  private var sum = 0.0
  private var compensation = 0.0
  private var gravity = 0.0
  private var stepsSincePull = 0

  enum CodingKeys: String, CodingKey {
    case sum, compensation, gravity
    case stepsSincePull = "steps_since_pull"
  }

  public init() {}

  /// Whether this can be the reading of a clock that has really run.
  var isPlausible: Bool {
    sum.isFinite && compensation.isFinite && gravity.isFinite && (0...Int.max / 2).contains(stepsSincePull)
  }

  /// - Complexity: O(1)
  public var now: Reading { Reading(decay: sum + compensation, gravity: gravity) }

  /// Lets one step of size `stepSize` pass.
  ///
  /// - Parameter period: K, at least 1.
  /// - Complexity: O(1)
  public mutating func advance(by stepSize: Double, period: Int) {
    let next = sum + stepSize
    compensation += sum >= stepSize ? (sum - next) + stepSize : (stepSize - next) + sum
    sum = next
    stepsSincePull += 1
    if stepsSincePull >= period { pull() }
  }

  /// Lets gravity catch up with decay now, whatever the period.
  ///
  /// - Complexity: O(1)
  public mutating func pull() {
    gravity = sum + compensation
    stepsSincePull = 0
  }
}

extension Penalty {
  /// The value now of a weight that was last touched at `mark`.
  ///
  /// With K > 1 a touched weight has already decayed past the last pull. What gravity missed over a period is
  /// applied at its end as if it had been pulling along: take the decay since the period began back, let both act
  /// for the whole of the missed time up to the last pull, and then decay alone:
  ///
  ///     w ← decay(shrink(decay(w, −(S_mark − G_mark)), G − G_mark), S − G)
  ///
  /// For a weight at rest this is one shrink over the sum of the periods, so paying late is paying at every step.
  ///
  /// - Complexity: O(1)
  func settle(
    _ weight: Double, from mark: ShrinkageClock.Reading, to now: ShrinkageClock.Reading
  ) -> Double {
    if weight == 0 { return 0 }
    if period == 1 { return shrink(weight, over: now.decay - mark.decay) }
    if now.gravity == mark.gravity { return decay(weight, over: now.decay - mark.decay) }
    let atLastPull = shrink(
      weight, over: now.gravity - mark.gravity, decayed: mark.decay - mark.gravity)
    return decay(atLastPull, over: now.decay - now.gravity)
  }
}
