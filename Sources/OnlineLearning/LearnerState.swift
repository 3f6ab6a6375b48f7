extension LinearLearner {
  /// All that a learner knows besides its configuration and its weights.
  public struct State: Sendable, Equatable {
    public var steps: UInt64 = 0
    /// b itself, also where averages are reported.
    public var intercept = 0.0
    /// Where all weights have one rate: what they owe.
    public var clock = ShrinkageClock()
    /// Where each has its own: S, the sum of all step sizes.
    public var time = CompensatedSum()
    /// How many updates had to be cut: derivatives beyond Float32's range, weights beyond the largest one.
    public var clampedUpdates: UInt64 = 0
    /// What `Coordinate.sum` is for a weight, for the intercept.
    public var interceptSum = 0.0
    /// z of FTRL's intercept.
    public var interceptGradient = 0.0
    /// T and N of `normalized`: all importance, and Σ c Σ (x/s)².
    public var importance = 0.0
    public var squaredNorm = 0.0
    /// The reading of `time` at which averaging began.
    public var averagingSince: Double?
    /// The step at which features began to be measured for `scaled` penalties.
    public var measuringSince: UInt64?

    public init() {}

    /// Whether this can be the state of a learner that has really learned: finite, and far from any counter's end.
    public var isPlausible: Bool {
      intercept.isFinite && steps <= .max / 2 && clampedUpdates <= .max / 2 && clock.isPlausible && time.isFinite
        && [interceptSum, interceptGradient, importance, squaredNorm, averagingSince ?? 0].allSatisfy(\.isFinite)
        && importance >= 0 && squaredNorm >= 0 && measuringSince ?? 0 <= steps
    }

    /// Takes in a sample of `normalized`.
    ///
    /// - Parameter norm: Σ (x/s)², the intercept's 1 included.
    /// - Returns: √(T/N), by which the step size is to be multiplied.
    @inline(__always)
    mutating func meet(_ norm: Double, _ importance: Double) -> Double {
      self.importance += importance
      squaredNorm += importance * norm
      return squaredNorm > 0 ? (self.importance / squaredNorm).squareRoot() : 1
    }

    /// The intercept's rate, where gradients are summed up.
    @inline(__always)
    var interceptRate: Double { interceptSum > 0 ? 1 / interceptSum.squareRoot() : 0 }

    /// Adds the square of a gradient of the intercept.
    ///
    /// - Returns: the rate after that.
    @inline(__always)
    @discardableResult
    mutating func addSquare(_ gradient: Double) -> Double {
      interceptSum += gradient * gradient
      return interceptRate
    }

    /// Moves the intercept, held back at the largest weight.
    @inline(__always)
    mutating func moveIntercept(by push: Double) {
      let moved = intercept - push
      intercept = max(-LinearLearner.largestWeight, min(moved, LinearLearner.largestWeight))
      if intercept != moved { clampedUpdates += 1 }
    }
  }
}

extension LinearLearner.State: Codable {
  enum CodingKeys: String, CodingKey {
    case steps, intercept, clock, time, importance
    case clampedUpdates = "clamped_updates"
    case interceptSum = "intercept_sum"
    case interceptGradient = "intercept_gradient"
    case squaredNorm = "squared_norm"
    case averagingSince = "averaging_since"
    case measuringSince = "measuring_since"
  }

  /// What is not there is as in a new learner: checkpoints of earlier versions know fewer things.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    steps = try fields.decode(UInt64.self, forKey: .steps)
    intercept = try fields.decode(Double.self, forKey: .intercept)
    clock = try fields.decode(ShrinkageClock.self, forKey: .clock)
    clampedUpdates = try fields.decode(UInt64.self, forKey: .clampedUpdates)
    time = try fields.decodeIfPresent(CompensatedSum.self, forKey: .time) ?? time
    interceptSum = try fields.decodeIfPresent(Double.self, forKey: .interceptSum) ?? interceptSum
    interceptGradient = try fields.decodeIfPresent(Double.self, forKey: .interceptGradient) ?? interceptGradient
    importance = try fields.decodeIfPresent(Double.self, forKey: .importance) ?? importance
    squaredNorm = try fields.decodeIfPresent(Double.self, forKey: .squaredNorm) ?? squaredNorm
    averagingSince = try fields.decodeIfPresent(Double.self, forKey: .averagingSince)
    measuringSince = try fields.decodeIfPresent(UInt64.self, forKey: .measuringSince)
  }
}
