import Glibc
import OnlineLearning
import TestSupport

/// One labelled sample, each feature in it once.
struct Sample {
  var features: [Int]
  var values: [Float]
  var target: Double
  var importance: Double
}

/// An endless seeded stream of sparse samples of a sparse linear truth.
///
/// Low indices are common and high ones rare, so that debts of all lengths occur.
struct RandomStream {
  private var random: SeededGenerator
  private let loss: Loss
  private let truth: [Double]
  private let weighted: Bool

  /// - Parameter weighted: whether importance weights differ from 1.
  init(seed: UInt64, loss: Loss, dimensions: Int, weighted: Bool) {
    random = SeededGenerator(seed: seed)
    self.loss = loss
    self.weighted = weighted
    var truth = [Double](repeating: 0, count: dimensions)
    for _ in 0..<dimensions / 5 { truth[random.below(dimensions)] = random.normal() }
    self.truth = truth
  }

  mutating func next() -> Sample {
    var sample = Sample(features: [], values: [], target: 0, importance: 1)
    var margin = 0.5
    for _ in 0..<5 + random.below(6) {
      let place = random.unit()
      let feature = Int(place * place * Double(truth.count))
      let value = Float(random.normal())
      if sample.features.contains(feature) { continue }
      sample.features.append(feature)
      sample.values.append(value)
      margin += truth[feature] * Double(value)
    }
    switch loss {
    case .squared, .huber, .quantile, .epsilonInsensitive: sample.target = margin + 0.3 * random.normal()
    case .poisson: sample.target = (-exp(min(0.4 * margin, 3)) * log(1 - random.unit())).rounded()
    case .logistic, .hinge, .squaredHinge: sample.target = random.unit() < 1 / (1 + exp(-2 * margin)) ? 1 : -1
    }
    if weighted { sample.importance = random.uniform(0.1..<3) }
    return sample
  }
}

/// A model and the means to feed it: names features by their number, and adds each one when it first appears.
struct ModelUnderTest {
  var model: Model
  private var batch = SampleBatch()
  private var indices: [Int: UInt32] = [:]

  init(_ configuration: LearnerConfiguration) {
    model = Model(configuration)
  }

  /// - Returns: the margin that the model predicts before learning.
  @discardableResult
  mutating func learn(_ sample: Sample) -> Double {
    batch.removeAll()
    for (feature, value) in zip(sample.features, sample.values) {
      batch.append(feature: index(of: feature), value: value)
    }
    batch.endRow(target: sample.target, importance: sample.importance)
    // The model makes room for new features only when it learns.
    var known = SampleBatch()
    for (feature, value) in zip(batch.features, batch.values) where feature < model.learner.count {
      known.append(feature: feature, value: value)
    }
    known.endRow(target: sample.target, importance: sample.importance)
    let margin = model.margin(of: 0, in: known)
    model.learn(batch)
    return margin
  }

  private mutating func index(of feature: Int) -> UInt32 {
    if let index = indices[feature] { return index }
    let index = model.space.intern("feature \(feature)")
    indices[feature] = index
    return index
  }

  /// The coefficients in the order of the features' numbers, 0 for those that never appeared.
  func coefficients(dimensions: Int) -> [Double] {
    let coefficients = model.learner.coefficients()
    return (0..<dimensions).map { feature in
      model.space.index(of: "feature \(feature)").map { Double(coefficients[Int($0)]) } ?? 0
    }
  }
}
