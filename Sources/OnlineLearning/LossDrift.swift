/// Watches over the mean losses of blocks of samples, and tells when the loss has risen: the stream is not any more what
/// the model has learned. A pure state machine, of bounded memory.
///
/// ADWIN and the test of Page and Hinkley both need a scale. Losses have none: that of squared errors has no bound, and a
/// model that learns makes them smaller by orders of magnitude. So both get
///
///     x = min(mean loss of the block / (3 · level), 1)
///
/// where the level is the mean over the first 32 blocks. The numbers lie in 0 … 1, as ADWIN presumes, and blocks of
/// enormous losses count for no more than three times the level. When either finds that the loss has fallen, or risen, all
/// begins anew with another level; a rise is told.
///
/// ADWIN sees rises that are small and stay. Those that the model soon makes up for by learning are for two tests of Page
/// and Hinkley, with δ of a fifth and of half the level. Their sums may exceed their least values by λ = k · v / 2δ,
/// where v is the variance of the numbers: a sum of independent normal numbers whose mean is δ too small ever gets there
/// with probability e^(−k) (Siegmund 1985, Sequential analysis, chapter 3). So k says how rare false alarms are, whatever
/// noise there is. The variance is that of the differences of successive numbers, halved, which hardly depends on how
/// the mean moves (von Neumann 1941), with a memory of 512 blocks.
public struct LossDrift: Sendable {
  public enum Detector: String, Sendable, CaseIterable {
    case adwin
    case pageHinkley = "page_hinkley"
  }

  public struct Parameters: Sendable, Equatable {
    /// Which detectors are to tell of rises.
    public var detectors: Set<Detector>
    /// δ of ADWIN: about the probability that a check finds a change where there is none; in (0, 1).
    public var delta: Double
    /// k of Page and Hinkley; above 0.
    public var threshold: Double

    public init(
      detectors: Set<Detector> = Set(Detector.allCases), delta: Double = 0.002, threshold: Double = 25
    ) {
      self.detectors = detectors
      self.delta = delta
      self.threshold = threshold
    }
  }

  /// A rise of the loss. It began where the sum of Page and Hinkley's was least, whichever detector has found it.
  public struct Rise: Sendable, Equatable {
    public var detector: Detector
    /// The mean loss before the rise, and since.
    public var lossBefore: Double
    public var lossAfter: Double
    /// How many blocks ago it began.
    public var age: Int
  }

  private let parameters: Parameters
  /// 0 until there is one.
  private var level = 0.0
  private var largestLevel = 0.0
  /// The first blocks, until there is a level.
  private var first: [Double] = []
  private var window = ADWIN()
  private var small = RiseTest(allowance: LossDrift.smallRise)
  private var large = RiseTest(allowance: LossDrift.largeRise)
  private var fall = RiseTest(allowance: LossDrift.smallRise)
  private var spread = Spread()

  /// Blocks that the level is the mean of.
  private static let warmUp = 32
  /// How many times the level is 1.
  private static let range = 3.0
  /// δ of the tests, in levels.
  private static let smallRise = 0.2
  private static let largeRise = 0.5
  /// k of the test for falls, which may be in vain: nobody hears of them.
  private static let fallThreshold = 15.0
  /// The least standard deviation of blocks that is reckoned with, in levels.
  private static let leastSpread = 0.1
  /// A level is at least so much of the largest one: below, losses are as good as zero.
  private static let leastLevel = 1e-4
  /// Blocks before the tests tell.
  private static let leastTested = 64

  public init(_ parameters: Parameters = Parameters()) {
    self.parameters = parameters
    begin()
  }

  private mutating func begin() {
    level = 0
    window = ADWIN(ADWIN.Parameters(delta: parameters.delta))
    small = RiseTest(allowance: LossDrift.smallRise)
    large = RiseTest(allowance: LossDrift.largeRise)
    fall = RiseTest(allowance: LossDrift.smallRise)
    spread = Spread()
  }

  /// Takes in the mean loss of the next block.
  ///
  /// - Parameter loss: below 0 is taken for 0; what is not finite is passed over.
  /// - Returns: the rise that is found by it.
  /// - Complexity: amortized O(1); O(log of the blocks) where ADWIN checks
  public mutating func take(_ loss: Double) -> Rise? {
    guard loss.isFinite else { return nil }
    let loss = max(loss, 0)
    if level > 0 { return watch(loss) }
    first.append(loss)
    guard first.count == LossDrift.warmUp else { return nil }
    setLevel(first.reduce(0) { $0 + $1 / Double(LossDrift.warmUp) })
    let replayed = first
    first = []
    // Too few for any detector to tell something.
    for loss in replayed { _ = watch(loss) }
    return nil
  }

  private mutating func setLevel(_ loss: Double) {
    largestLevel = max(largestLevel, loss)
    // Losses that are all zero have a level, too: then whatever is not zero is far above it.
    level = max(loss, LossDrift.leastLevel * largestLevel, .leastNormalMagnitude)
  }

  private mutating func watch(_ loss: Double) -> Rise? {
    let number = min(loss / level / LossDrift.range, 1)
    spread.take(number)
    let least = LossDrift.leastSpread / LossDrift.range
    let variance = max(spread.variance, least * least)
    let change = window.add(number)
    let isSmall = small.take(number, loss, variance, parameters.threshold)
    let isLarge = large.take(number, loss, variance, parameters.threshold)
    let isFall = fall.take(-number, loss, variance, LossDrift.fallThreshold)
    let rises = change.map { $0.meanAfter > $0.meanBefore }
    if rises == true, parameters.detectors.contains(.adwin) { return rise(.adwin, small) }
    if parameters.detectors.contains(.pageHinkley), isSmall || isLarge {
      return rise(.pageHinkley, isLarge ? large : small)
    }
    if isFall || rises == false { begin() }
    return nil
  }

  private mutating func rise(_ detector: Detector, _ test: RiseTest) -> Rise {
    begin()
    return Rise(detector: detector, lossBefore: test.lossBefore, lossAfter: test.lossAfter, age: test.age)
  }

  /// Page and Hinkley's test, and the mean losses before and after the least sum.
  private struct RiseTest {
    private var test: PageHinkley
    private var count = 0
    private var mean = 0.0
    private(set) var lossBefore = 0.0
    private(set) var lossAfter = 0.0
    /// Blocks since the least sum.
    private(set) var age = 0

    /// - Parameter allowance: δ in levels.
    init(allowance: Double) {
      test = PageHinkley(
        PageHinkley.Parameters(delta: allowance / LossDrift.range, forgetting: 1, least: LossDrift.leastTested))
    }

    /// - Returns: whether the numbers have risen.
    mutating func take(_ number: Double, _ loss: Double, _ variance: Double, _ threshold: Double) -> Bool {
      count += 1
      mean += (loss - mean) / Double(count)
      test.parameters.threshold = threshold * variance / (2 * test.parameters.delta)
      let rise = test.add(number)
      age = test.age
      if age == 0 {
        (lossBefore, lossAfter) = (mean, mean)
      } else {
        lossAfter += (loss - lossAfter) / Double(age)
      }
      return rise != nil
    }
  }

  /// The variance of numbers, from the differences of those that follow each other.
  private struct Spread {
    private(set) var variance = 0.0
    private var last: Double?
    private var count = 0.0

    private static let memory = 512.0

    mutating func take(_ number: Double) {
      if let last {
        count = min(count + 1, Spread.memory)
        variance += ((number - last) * (number - last) / 2 - variance) / count
      }
      last = number
    }
  }
}
