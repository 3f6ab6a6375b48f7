internal import Glibc
internal import OnlineLearning
internal import TestSupport

/// The rows that both sides learn: made from a fixed seed, each of unit length, with as many features in every row.
///
/// Targets are the side of a sparse truth that a row is on, with noise.
struct SampleStream {
  enum Kind {
    /// Every feature in every row, normally distributed.
    case dense
    /// Features by Zipf's law and values as of tf-idf, like RCV1's.
    case zipf
    /// All features equally often, so that a row's weights are all over the memory.
    case uniform
  }

  let name: String
  let kind: Kind
  /// How many features there are.
  let features: Int
  /// How many of them a row has.
  let featuresPerRow: Int
  let rows: Int
  let batch: SampleBatch

  /// How many features one pass learns.
  var size: Int { rows * featuresPerRow }

  init(_ plan: StreamPlan, rows: Int) {
    name = plan.name
    kind = plan.kind
    features = plan.features
    featuresPerRow = plan.featuresPerRow
    self.rows = rows
    var maker = RowMaker(plan)
    var batch = SampleBatch()
    batch.reserve(features: rows * plan.featuresPerRow)
    for _ in 0..<rows { maker.appendRow(to: &batch) }
    self.batch = batch
  }
}

/// What a stream is to look like.
struct StreamPlan {
  let name: String
  let kind: SampleStream.Kind
  let features: Int
  let featuresPerRow: Int
  /// Rows of a round, unless the user asks for another number.
  let rows: Int

  static let sparse = StreamPlan(name: "sparse", kind: .zipf, features: 47_152, featuresPerRow: 76, rows: 400_000)
  static let dense16 = StreamPlan(name: "dense16", kind: .dense, features: 16, featuresPerRow: 16, rows: 2_000_000)
  static let dense256 = StreamPlan(name: "dense256", kind: .dense, features: 256, featuresPerRow: 256, rows: 120_000)
  static let beside = [sparse, dense16, dense256]

  /// Few features: their weights stay in the cache.
  static let small = StreamPlan(name: "2^14", kind: .zipf, features: 1 << 14, featuresPerRow: 76, rows: 200_000)
  /// Many: rare ones come from memory.
  static let large = StreamPlan(name: "2^24", kind: .zipf, features: 1 << 24, featuresPerRow: 76, rows: 200_000)
  /// The same with all features equally often: with many, every weight comes from memory.
  static let smallUniform = StreamPlan(
    name: "2^14 uniform", kind: .uniform, features: 1 << 14, featuresPerRow: 76, rows: 200_000)
  static let largeUniform = StreamPlan(
    name: "2^24 uniform", kind: .uniform, features: 1 << 24, featuresPerRow: 76, rows: 200_000)
}

/// Makes one row after another.
private struct RowMaker {
  private let plan: StreamPlan
  private var random = SeededGenerator(seed: 20_120_531)
  /// The feature of each rank, so that frequent features are not neighbours.
  private var featureOfRank: [UInt32]
  /// How much each feature says about the target; most say nothing.
  private var truth: [Float]
  /// For each feature, its inverse document frequency, up to a factor.
  private var rarity: [Float]
  /// The last row that had the feature, from 1.
  private var lastRow: [UInt32]
  private var row: UInt32 = 0
  private var chosen: [UInt32] = []
  private var values: [Double] = []

  init(_ plan: StreamPlan) {
    self.plan = plan
    featureOfRank = (0..<UInt32(plan.features)).map { $0 }
    if plan.kind == .zipf { featureOfRank.shuffle(using: &random) }
    truth = [Float](repeating: 0, count: plan.features)
    for feature in truth.indices where random.below(5) == 0 { truth[feature] = Float(random.normal()) }
    rarity = [Float](repeating: 1, count: plan.features)
    if plan.kind == .zipf {
      for (rank, feature) in featureOfRank.enumerated() { rarity[Int(feature)] = log(Float(rank + 2)) }
    }
    lastRow = [UInt32](repeating: 0, count: plan.features)
  }

  mutating func appendRow(to batch: inout SampleBatch) {
    row += 1
    choose()
    values.removeAll(keepingCapacity: true)
    var squares = 0.0
    for feature in chosen {
      // A term occurs once, mostly; the logarithm of its frequency is added to 1.
      let termFrequency = 1 - 0.5 * log(1 - random.unit())
      let value = plan.kind == .dense ? random.normal() : termFrequency * Double(rarity[Int(feature)])
      values.append(value)
      squares += value * value
    }
    var margin = 0.05 * random.normal()
    for (feature, value) in zip(chosen, values) {
      let scaled = Float(value / squares.squareRoot())
      // The batch leaves out zeros, but every row is to have as many features.
      let kept = scaled == 0 ? Float.leastNormalMagnitude : scaled
      batch.append(feature: feature, value: kept)
      margin += Double(kept * truth[Int(feature)])
    }
    batch.endRow(target: margin < 0 ? -1 : 1, importance: 1)
  }

  /// Chooses the features of the row, in ascending order.
  private mutating func choose() {
    if plan.kind == .dense {
      chosen = featureOfRank
      return
    }
    chosen.removeAll(keepingCapacity: true)
    while chosen.count < plan.featuresPerRow {
      let feature = featureOfRank[draw()]
      if lastRow[Int(feature)] == row { continue }
      lastRow[Int(feature)] = row
      chosen.append(feature)
    }
    chosen.sort()
  }

  /// Draws a rank from 0. Rounding e^u down, with u uniform, gives rank k with probability ln(1 + 1/k) / ln(n + 1), k from
  /// 1: Zipf's 1/k, nearly.
  private mutating func draw() -> Int {
    guard plan.kind == .zipf else { return random.below(plan.features) }
    return min(Int(exp(random.unit() * log(Double(plan.features + 1)))), plan.features) - 1
  }
}
