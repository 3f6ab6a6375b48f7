internal import Glibc

/// Progressive validation: how well each sample was predicted before it was learned (Blum, Kalai and Langford, COLT
/// 1999), over everything, over the recent past with exponentially fading memory, and over a window. Constant memory.
public struct ProgressiveValidation: Sendable, Equatable, Codable {
  /// How much is remembered.
  public struct Memory: Sendable, Equatable, Codable {
    /// After how many samples a sample has half its say in the recent metrics; above 0.
    public var halfLife: Double
    /// The last so many samples make the window; at least 1.
    public var window: Int

    enum CodingKeys: String, CodingKey {
      case window
      case halfLife = "half_life"
    }

    public init(halfLife: Double = 1000, window: Int = 10_000) {
      self.halfLife = halfLife
      self.window = window
    }
  }

  /// A memory made ready for recording.
  public struct Pace: Sendable {
    /// By how much more each sample counts than the one before in the recent metrics.
    fileprivate let growth: Double
    /// After how many samples a new stretch of the window begins.
    fileprivate let stretch: Int

    public init(_ memory: Memory = Memory()) {
      growth = exp2(1 / memory.halfLife)
      stretch = max(1, memory.window / ProgressiveValidation.stretches)
    }
  }

  /// The window is made of so many stretches; the oldest goes as a whole, so that the window holds between 7/8 of its
  /// length, rounded down to a multiple of this, and all of it.
  fileprivate static let stretches = 8

  /// All that came before the stretches below.
  private var earlier: ValidationTally
  /// Oldest first; the last one is being filled.
  private var stretches: [ValidationTally]
  private var samplesInStretch = 0
  private var recent: ValidationTally
  /// What a sample of weight 1 counts as in `recent` now. Instead of fading what is there, what comes counts more.
  private var recentScale = 1.0

  enum CodingKeys: String, CodingKey {
    case earlier, stretches, recent
    case samplesInStretch = "samples_in_stretch"
    case recentScale = "recent_scale"
  }

  public init(_ loss: Loss) {
    earlier = ValidationTally(loss)
    stretches = [ValidationTally(loss)]
    recent = ValidationTally(loss)
  }

  /// Whether this can be the state of a validation that has really run, so that nothing read from a file makes it trap.
  public func isPlausible(for loss: Loss) -> Bool {
    (1...Self.stretches).contains(stretches.count) && (0...Int.max / 2).contains(samplesInStretch)
      && recentScale.isFinite && recentScale > 0
      && ([earlier, recent] + stretches).allSatisfy { $0.isPlausible(for: loss) }
  }

  /// Takes in a prediction whose target has become known.
  ///
  /// - Parameters:
  ///   - target: normalized by the loss.
  ///   - importance: above 0.
  /// - Returns: how far its loss is above the least one that any margin has for the target.
  /// - Complexity: O(1), amortized
  @discardableResult
  public mutating func record(
    _ margin: Double, _ target: Double, importance: Double, _ loss: LossFunction, _ pace: Pace
  ) -> Double {
    if samplesInStretch >= pace.stretch { beginStretch(loss.loss) }
    samplesInStretch += 1
    let outcome = ValidationTally.Outcome(margin, target, loss)
    stretches[stretches.count - 1].add(outcome, weight: importance)
    recentScale *= pace.growth
    if recentScale > 1e30 {
      recent.scale(by: 1 / recentScale)
      recentScale = 1
    }
    recent.add(outcome, weight: importance * recentScale)
    return loss.excess(outcome.loss, target)
  }

  private mutating func beginStretch(_ loss: Loss) {
    if stretches.count == Self.stretches { earlier.merge(stretches.removeFirst()) }
    stretches.append(ValidationTally(loss))
    samplesInStretch = 0
  }

  /// Over everything; nil before the first sample.
  public func overall(_ loss: LossFunction) -> ValidationMetrics? { merged(from: earlier).metrics(loss) }

  /// Over the recent past; nil before the first sample.
  public func recent(_ loss: LossFunction) -> ValidationMetrics? { recent.metrics(loss, scale: recentScale) }

  /// Over the window; nil before the first sample.
  public func window(_ loss: LossFunction) -> ValidationMetrics? {
    merged(from: ValidationTally(loss.loss)).metrics(loss)
  }

  private func merged(from first: ValidationTally) -> ValidationTally {
    stretches.reduce(into: first) { $0.merge($1) }
  }
}
