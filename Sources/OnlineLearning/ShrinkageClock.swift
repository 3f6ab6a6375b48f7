internal import Glibc

/// How much shrinkage every weight of the model has been due so far, kept so that a weight pays with one subtraction.
///
/// Decay multiplies all weights alike, so the model keeps one factor for all, the scale D, and stores v = w/D. In these
/// units decay does nothing, and the flow of `Penalty.shrink` turns into a subtraction: gravity pulls v by λ1/D per unit
/// of time, by
///
///     B(s) = λ1 ∫₀ˢ e^(λ2 r) dr = λ1 (e^(λ2 s) − 1)/λ2        (λ1 s where λ2 = 0)
///
/// since D was 1. A weight keeps the reading of B at its last touch, its mark; it owes the difference. Gravity acts at
/// every K-th step, by what it missed: then the pull that weights see is B as of the last K-th step.
///
///     epoch  e−2      e−1          e
///          ─────────┼────────────┼──────────▶ steps
///     D       ╲        ╲            ╲          falls from 1; below e^−10 a new epoch begins, at 1 again
///     B       ╱        ╱            ╱          rises from 0
///
/// When an epoch ends, at scale D and pull B, whatever was measured in its units goes over to the next one's by
/// v ← v D, b ← (b − B) D. A weight does that when it is next touched; after `remembered` epochs it is zero in Float32.
/// (Lipton and Elkan, Efficient Elastic Net Regularization for Sparse Linear Models, 2015, keep such sums too; the scale is
/// Bottou's trick, Stochastic Gradient Descent Tricks, 2012, 5.1.)
public struct ShrinkageClock: Sendable, Equatable, Codable {
  /// How an epoch ended.
  struct Epoch: Sendable, Equatable, Codable {
    let scale: Double
    let pull: Double
  }

  /// λ2 times time that makes an epoch: D stays above e^−10, so that v has Float32's range for itself.
  private static let epochLength = 10.0
  /// After so many epochs any Float32 has decayed to nothing: e^−240 is below the ratio of its extremes.
  private static let remembered = 24

  /// How many epochs have ended.
  private(set) var epoch: UInt32 = 0
  /// D: a weight is its stored value times this.
  private(set) var scale = 1.0
  /// B as of the last K-th step: what weights see.
  private(set) var pull = 0.0
  /// The latest epochs, oldest first.
  private var past: [Epoch] = []
  /// Time since the epoch began: the two parts of a `CompensatedSum`.
  private var elapsed = 0.0
  private var compensation = 0.0
  private var stepsSincePull = 0

  enum CodingKeys: String, CodingKey {
    case epoch, scale, pull, past, elapsed, compensation
    case stepsSincePull = "steps_since_pull"
  }

  public init() {}

  /// Whether this can be the reading of a clock that has really run.
  var isPlausible: Bool {
    past.count <= ShrinkageClock.remembered && past.allSatisfy { $0.scale.isFinite && $0.pull.isFinite }
      && scale > 0 && scale <= 1 && pull.isFinite && elapsed.isFinite && compensation.isFinite
      && (0...Int.max / 2).contains(stepsSincePull)
  }

  /// Lets one step of size `stepSize` pass.
  ///
  /// - Complexity: O(1)
  mutating func advance(by stepSize: Double, _ penalty: Penalty) {
    var sum = CompensatedSum(sum: elapsed, compensation: compensation)
    sum.add(stepSize)
    (elapsed, compensation) = (sum.sum, sum.compensation)
    if penalty.isNone { return }
    let time = sum.value
    var now = penalty.l1 * time
    if penalty.l2 > 0 {
      // A single step of this size leaves nothing of any weight; further on, the exponential would overflow.
      let exponent = min(penalty.l2 * time, 300)
      let growth = exp(exponent)
      scale = 1 / growth
      // Near 0 the difference would lose digits; further on, no more than every reading of a clock at that time.
      // λ1/λ2 alone may leave Float64's range.
      now = penalty.l1 * ((exponent < 0.5 ? expm1(exponent) : growth - 1) / penalty.l2)
    }
    stepsSincePull += 1
    if stepsSincePull >= penalty.period {
      pull = now
      stepsSincePull = 0
    }
    if penalty.l2 * time > ShrinkageClock.epochLength { beginEpoch(after: now) }
  }

  private mutating func beginEpoch(after now: Double) {
    past.append(Epoch(scale: scale, pull: now))
    if past.count > ShrinkageClock.remembered { past.removeFirst() }
    // What gravity missed in the running period stays owed.
    pull = (pull - now) * scale
    scale = 1
    elapsed = 0
    compensation = 0
    // Wraps after 2³² epochs; what matters is how many have ended since a weight was touched.
    epoch &+= 1
  }

  /// Lets gravity catch up now, whatever the period.
  ///
  /// - Complexity: O(1)
  mutating func pullNow(_ penalty: Penalty) {
    let time = elapsed + compensation
    pull = penalty.l2 > 0 ? penalty.l1 * (expm1(penalty.l2 * time) / penalty.l2) : penalty.l1 * time
    stepsSincePull = 0
  }

  /// What weights that were touched in this epoch need of the clock.
  struct Reading {
    let epoch: UInt32
    /// D, and 1/D.
    let scale: Double
    let growth: Double
    /// B.
    let pull: Double
  }

  var reading: Reading { Reading(epoch: epoch, scale: scale, growth: 1 / scale, pull: pull) }

  /// v of a coordinate in this epoch's units, with all that it owes paid. Not rounded to Float32: a pull that is far below
  /// a weight's resolution would round the same way step after step, and its error would add up.
  ///
  /// Above θ gravity does not act. |v| D = θ is met where B = (λ1/λ2)(|v|/θ − 1), also when that was in an earlier epoch
  /// (B is negative before this one began): gravity is owed from there, or from the mark if that is later.
  ///
  /// - Complexity: O(1), and O(epochs that have ended since the last touch), at most `remembered`.
  @inline(__always)
  func settled(_ coordinate: UniformWeights.Coordinate, _ penalty: Penalty) -> Double {
    var value = Double(coordinate.value)
    var owedSince = coordinate.mark
    if coordinate.epoch != epoch { bringForward(&value, &owedSince, from: coordinate.epoch) }
    if penalty.l1 == 0 { return value }
    if let threshold = penalty.threshold {
      if penalty.l2 > 0 {
        owedSince = max(owedSince, penalty.l1 * ((abs(value) / threshold - 1) / penalty.l2))
      } else if abs(value) > threshold {
        return value
      }
    }
    // Without branches: which weights are at zero, or have a sign, nothing predicts.
    let owed = pull - owedSince
    let size = abs(value) - (owed > 0 ? owed : 0)
    // The sum turns a negative zero into zero.
    return Double(signOf: value, magnitudeOf: size > 0 ? size : 0) + 0
  }

  /// Takes a value and a mark over from an earlier epoch into this one's units.
  private func bringForward(_ value: inout Double, _ mark: inout Double, from earlier: UInt32) {
    let missed = Int(epoch &- earlier)
    for ended in past.suffix(missed) {
      value *= ended.scale
      mark = (mark - ended.pull) * ended.scale
    }
    if missed > past.count { value = 0 }
  }
}
