import Glibc
import OnlineLearning

/// The oracle's descent with a rate for each weight: AdaGrad, normalized, and SGD where weights shrink differently or are
/// averaged.
struct EagerAdaptiveDescent: EagerRule {
  private struct Coordinate {
    /// w
    var weight = 0.0
    /// G
    var squares = 0.0
    /// s
    var largest = 0.0
    /// f
    var factor = 1.0
    var spread = FeatureSpread()
    /// ∫ w ds since averaging began.
    var path = 0.0
  }

  private var configuration: LearnerConfiguration
  /// One for each feature, and the intercept's: the last.
  private var coordinates: [Coordinate]
  /// N and T of `normalized`.
  private var (energy, importances) = (0.0, 0.0)
  /// How many samples the features' spread is of.
  private var samples = 0
  /// The clock's reading since averaging began.
  private var pathLength = 0.0

  init(_ configuration: LearnerConfiguration, _ weights: [Double], intercept: Double) {
    self.configuration = configuration
    coordinates = weights.enumerated().map {
      Coordinate(weight: $0.element, factor: configuration.eagerFactor($0.offset))
    }
    coordinates.append(Coordinate(weight: intercept, largest: 1, factor: 0))
  }

  private func reported(_ i: Int) -> Double {
    pathLength > 0 ? coordinates[i].path / pathLength : coordinates[i].weight
  }
  var weights: [Double] { coordinates.indices.dropLast().map(reported) }
  var intercept: Double { reported(coordinates.count - 1) }

  mutating func learn(_ sample: Sample, after steps: Int) -> Double {
    var features = Array(zip(sample.features, sample.values.map(Double.init)))
    if configuration.intercept { features.append((coordinates.count - 1, 1)) }
    samples += 1
    for (i, x) in features {
      coordinates[i].spread.note(x, samples: samples)
      if configuration.optimizer == .normalized, abs(x) > coordinates[i].largest {
        if coordinates[i].largest > 0 { coordinates[i].weight *= coordinates[i].largest / abs(x) }
        coordinates[i].largest = abs(x)
      }
    }
    let margin = features.reduce(0) { $0 + coordinates[$1.0].weight * $1.1 }
    let predicted = features.reduce(0) { $0 + reported($1.0) * $1.1 }

    var step = configuration.eagerStepSize(after: steps)
    if configuration.optimizer == .normalized {
      importances += sample.importance
      energy += sample.importance * features.reduce(0) { $0 + pow($1.1 / coordinates[$1.0].largest, 2) }
      step *= sqrt(importances / energy)
    }

    let loss = configuration.lossOracle
    let slope = loss.derivative(margin, sample.target)
    let weighted = configuration.update == .invariant ? sample.importance.squareRoot() : sample.importance
    for (i, x) in features { coordinates[i].squares += pow(weighted * slope * x, 2) }
    let push: Double
    switch configuration.update {
    case .gradient: push = step * sample.importance * slope
    case .invariant:
      let curvature = features.reduce(0) { $0 + rate($1.0) * $1.1 * $1.1 }
      push = loss.invariantPush(margin, sample.target, amount: step * sample.importance, curvature: curvature)
    }
    for (i, x) in features { coordinates[i].weight -= push * rate(i) * x }

    let averages = configuration.averagingStart.map { steps >= $0 } ?? false
    if averages { pathLength += step }
    for i in coordinates.indices where coordinates[i].weight != 0 {
      let flow = flow(i)
      if averages { coordinates[i].path += flow.integral(coordinates[i].weight, over: step) }
      coordinates[i].weight = flow.weight(coordinates[i].weight, after: step)
    }
    return predicted
  }

  private func rate(_ i: Int) -> Double {
    let root = coordinates[i].squares.squareRoot()
    switch configuration.optimizer {
    case .adagrad: return root > 0 ? 1 / root : 0
    case .normalized: return root > 0 ? 1 / (coordinates[i].largest * root) : 0
    case .sgd, .ftrl: return 1
    }
  }

  private func flow(_ i: Int) -> EagerFlow {
    EagerFlow(
      configuration.penalty, rate: rate(i), factor: coordinates[i].factor,
      unit: configuration.penalty.penalize == .scaled ? coordinates[i].spread.value : 1)
  }

  func settle() {}

  mutating func reconfigure(_ configuration: LearnerConfiguration) {
    if self.configuration.penalty.penalize == .raw || configuration.penalty.penalize == .raw {
      for i in coordinates.indices { coordinates[i].spread = FeatureSpread() }
      samples = 0
    }
    if self.configuration.averagingStart == nil || configuration.averagingStart == nil {
      for i in coordinates.indices { coordinates[i].path = 0 }
      pathLength = 0
    }
    self.configuration = configuration
    for i in coordinates.indices.dropLast() { coordinates[i].factor = configuration.eagerFactor(i) }
  }
}
