import Glibc
import OnlineLearning
import TestSupport
import Testing

/// The oracle itself, held against definitions and numbers worked out by hand.
@Suite struct EagerLearnerTests {
  /// Two features and an intercept, by pencil: G = 4, 16, 4 after the first sample, so that each moves by η; then p = 1,
  /// ℓ′ = 1 and only the second feature is there: 16 + 4, and 4 + 1 for the intercept.
  @Test func adagradByHand() {
    var eager = EagerLearner(
      LearnerConfiguration(
        optimizer: .adagrad, learningRate: LearningRate(schedule: .constant, initial: 0.5), penalty: Penalty()),
      dimensions: 2)
    #expect(eager.learn(Sample(features: [0, 1], values: [1, 2], target: 2, importance: 1)) == 0)
    #expect(eager.weights == [0.5, 0.5])
    #expect(eager.intercept == 0.5)
    #expect(eager.learn(Sample(features: [1], values: [1], target: 0, importance: 2)) == 1)
    #expect(abs(eager.weights[1] - (0.5 - 0.5 * 2 / 20.0.squareRoot())) < 1e-15)
    #expect(abs(eager.intercept - (0.5 - 0.5 * 2 / 8.0.squareRoot())) < 1e-15)
  }

  /// The first sample moves each of its n coordinates by η √(1/n) / s. A value twice as large halves its weight.
  @Test func normalizedByHand() {
    var eager = EagerLearner(
      LearnerConfiguration(
        intercept: false, optimizer: .normalized,
        learningRate: LearningRate(schedule: .constant, initial: 0.5, update: .gradient), penalty: Penalty()),
      dimensions: 4)
    eager.learn(Sample(features: [0, 1, 2, 3], values: [1, 2, -4, 8], target: 2, importance: 3))
    #expect(eager.weights == [0.25, 0.125, -0.0625, 0.03125])
    #expect(eager.learn(Sample(features: [0], values: [2], target: 0.25, importance: 1)) == 0.25)
    #expect(eager.weights == [0.125, 0.125, -0.0625, 0.03125])
  }

  /// One coordinate of FTRL by pencil: α = 1, β = 1, λ1 = ½, λ2 = 1. z = −2, n = 4, t = 1: w = 1.5 / 4; a step without
  /// the feature: t = 2, w = 1 / 5; two more: |z| = λ1 t, w = 0.
  @Test func ftrlByHand() {
    var eager = EagerLearner(
      LearnerConfiguration(
        intercept: false, optimizer: .ftrl, learningRate: LearningRate(initial: 1, beta: 1),
        penalty: Penalty(l1: 0.5, l2: 1)),
      dimensions: 2)
    eager.learn(Sample(features: [1], values: [1], target: 0, importance: 1))
    for expected in [1.5 / 4, 1.0 / 5, 0.5 / 6, 0] {
      let features = expected == 1.5 / 4 ? [0] : []
      eager.learn(Sample(features: features, values: features.map { _ in 1 }, target: 2, importance: 1))
      #expect(abs(eager.weights[0] - expected) < 1e-15)
    }
    #expect(eager.weights[1] == 0)
  }

  /// From 4, gravity 1 and step size 2: 4 → 2 in the first step, 2 → 0 in the second; areas 6 and 2.
  @Test func averageByHand() {
    var eager = EagerLearner(
      LearnerConfiguration(
        intercept: false, learningRate: LearningRate(schedule: .constant, initial: 2), averagingStart: 1,
        penalty: Penalty(l1: 1)),
      dimensions: 1)
    eager.learn(Sample(features: [0], values: [1], target: 4, importance: 0.5))
    #expect(eager.weights == [2])
    eager.learn(Sample(features: [], values: [], target: 0, importance: 1))
    #expect(abs(eager.weights[0] - 1) < 1e-14)
    eager.learn(Sample(features: [], values: [], target: 0, importance: 1))
    #expect(abs(eager.weights[0] - 0.5) < 1e-14)
  }

  /// Without penalties every step is −η r c times the slope of the loss along the weight, taken by differences. The rates
  /// come from the list of all such slopes.
  @Test(arguments: [Optimizer.sgd, .adagrad, .normalized], LossFunction.examples)
  func stepsAreFiniteDifferences(_ optimizer: Optimizer, _ loss: LossFunction) {
    let seed: UInt64 = 81
    var random = SeededGenerator(seed: seed)
    var eager = EagerLearner(
      LearnerConfiguration(
        loss: loss.loss, lossParameters: loss.parameters, intercept: false, optimizer: optimizer,
        learningRate: LearningRate(schedule: .constant, initial: 0.1, update: .gradient), penalty: Penalty()),
      dimensions: 5)
    var slopes: [[Double]] = Array(repeating: [], count: 5)
    // All values are 1 either way: the size of a feature is the business of another test.
    var (features, samples) = (0.0, 0.0)
    for _ in 0..<100 {
      let chosen = (0..<5).filter { _ in random.below(2) == 0 }
      let sample = Sample(
        features: chosen, values: chosen.map { _ in random.pick([1, -1]) }, target: loss.loss.randomTarget(&random),
        importance: random.uniform(0.5..<2))
      func value(_ weights: [Double]) -> Double {
        let margin = zip(chosen, sample.values).reduce(0) { $0 + weights[$1.0] * Double($1.1) }
        return sample.importance * loss.oracle.value(margin, sample.target)
      }
      let before = eager.weights
      eager.learn(sample)
      features += sample.importance * Double(chosen.count)
      samples += sample.importance
      for i in 0..<5 {
        var (less, more) = (before, before)
        less[i] -= 1e-6
        more[i] += 1e-6
        slopes[i].append((value(more) - value(less)) / 2e-6)
        let root = slopes[i].reduce(0) { $0 + $1 * $1 }.squareRoot()
        let rate = optimizer == .sgd ? 1 : optimizer == .adagrad ? 1 / root : (samples / features).squareRoot() / root
        let expected = slopes[i].last == 0 ? 0 : -0.1 * rate * (slopes[i].last ?? 0)
        #expect(abs(eager.weights[i] - before[i] - expected) < 1e-6, "\(optimizer) \(loss) i=\(i) seed=\(seed)")
      }
    }
  }

  /// No weight nearby says less to the sum that FTRL is defined by, written out term by term.
  @Test(arguments: [(0.0, 0.0), (0.3, 0), (0, 0.2), (0.3, 0.2)], [0, 1.5])
  func ftrlIsTheMinimum(_ strengths: (l1: Double, l2: Double), beta: Double) {
    let seed: UInt64 = 82
    var random = SeededGenerator(seed: seed)
    let penalty = Penalty(l1: strengths.l1, l2: strengths.l2)
    let alpha = 0.7
    var eager = EagerLearner(
      LearnerConfiguration(
        intercept: false, optimizer: .ftrl, learningRate: LearningRate(initial: alpha, beta: beta), penalty: penalty),
      dimensions: 3)
    typealias Term = (gradient: Double, proximity: Double, weight: Double)
    var terms: [[Term]] = Array(repeating: [], count: 3)
    var ages = [0.0, 0, 0]
    var zeros = 0
    for step in 0..<300 {
      let chosen = (0..<3).filter { _ in random.below(4) == 0 }
      let sample = Sample(
        features: chosen, values: chosen.map { _ in Float(random.normal()) }, target: 1.5 * random.normal(),
        importance: 1)
      let before = eager.weights
      let margin = eager.learn(sample)
      for (i, x) in zip(chosen, sample.values.map(Double.init)) {
        let gradient = (margin - sample.target) * x
        let squares = terms[i].reduce(0) { $0 + $1.gradient * $1.gradient }
        let proximity = ((squares + gradient * gradient).squareRoot() - squares.squareRoot()) / alpha
        terms[i].append((gradient, proximity, before[i]))
      }
      for i in 0..<3 where !terms[i].isEmpty {
        ages[i] += 1
        func sum(_ w: Double) -> Double {
          terms[i].reduce(beta / (2 * alpha) * w * w + ages[i] * (penalty.l1 * abs(w) + penalty.l2 / 2 * w * w)) {
            $0 + $1.gradient * w + $1.proximity / 2 * (w - $1.weight) * (w - $1.weight)
          }
        }
        let weight = eager.weights[i]
        zeros += weight == 0 ? 1 : 0
        for distance in [1e-4, -1e-4, 0.01, -0.01, 1, -1] {
          #expect(sum(weight) < sum(weight + distance), "step \(step) i=\(i) w=\(weight) seed=\(seed)")
        }
      }
    }
    #expect((zeros > 20) == (penalty.l1 > 0))
  }

  /// The quadrature of the path against very many rectangles, and both parts of a time against the whole.
  @Test(arguments: PenaltyTests.penalties, [2.5, 0.95, 0.3, -1.7, 0])
  func integralIsTheArea(_ penalty: Penalty, start: Double) {
    let flow = EagerFlow(penalty, rate: 0.8, factor: 1.5, unit: 0.9)
    for time in [0.01, 0.7, 6] {
      let count = 20_000
      let width = time / Double(count)
      let area = (0..<count).reduce(0) { $0 + width * flow.weight(start, after: (Double($1) + 0.5) * width) }
      #expect(abs(flow.integral(start, over: time) - area) < 1e-7 * time)
      let parts =
        flow.integral(start, over: time / 3) + flow.integral(flow.weight(start, after: time / 3), over: time * 2 / 3)
      // With λ2 = 1e-9 the flow takes the difference of numbers about λ1/λ2.
      #expect(abs(flow.integral(start, over: time) - parts) < (penalty.l2 == 1e-9 ? 1e-6 : 1e-12) * max(time, 1))
    }
  }

  /// Where both can be asked, the two ways in which the oracle does plain SGD are one.
  @Test(arguments: LearnerCase.all.filter { $0.configuration.penalty.period == 1 })
  func bothWaysOfDescentAgree(_ learnerCase: LearnerCase) {
    let zeros = Array(repeating: 0.0, count: LearnerCase.dimensions)
    var uniform = EagerUniformDescent(learnerCase.configuration, zeros, intercept: 0)
    var adaptive = EagerAdaptiveDescent(learnerCase.configuration, zeros, intercept: 0)
    var stream = learnerCase.stream
    for step in 0..<300 {
      let sample = stream.next()
      _ = uniform.learn(sample, after: step)
      _ = adaptive.learn(sample, after: step)
    }
    let deviation = zip(uniform.weights, adaptive.weights).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(deviation < 1e-9, "\(learnerCase.testDescription)")
  }

  /// The shares that patterns give: a whole name before a beginning, a longer beginning before a shorter one.
  @Test func factors() {
    var configuration = LearnerConfiguration()
    configuration.penalty.factors = LearnerCase.factors
    let expected = [0: 1.0, 2: 1, 3: 0, 30: 1, 1: 0.5, 11: 0.5, 12: 0, 120: 2, 129: 2, 13: 0.5, 4: 0, 41: 0]
    for (feature, factor) in expected { #expect(configuration.eagerFactor(feature) == factor, "feature \(feature)") }
  }

  /// The cases hold every pair of settings that can come together, for each kind.
  @Test func optimizerCasesCoverTheirSettings() {
    for kind in LearnerCase.Kind.allCases {
      let all = LearnerCase.optimizers.map(\.configuration).filter {
        $0.optimizer == kind.optimizer && (kind == .averaged) == ($0.averagingStart != nil)
      }
      #expect(all.allSatisfy { $0.contradiction == nil })
      #expect(Set(all.map(\.loss)).count == 8)
      for penalize in [Penalty.Penalize.raw, .scaled] {
        for hasFactors in [false, true] {
          let some = all.filter { $0.penalty.penalize == penalize && $0.penalty.factors.isEmpty != hasFactors }
          // SGD with neither has cases of its own.
          if kind == .scaled, penalize == .raw, !hasFactors { continue }
          #expect(Set(some.map(\.update)).count == (kind == .ftrl ? 1 : 2), "\(kind)")
          #expect(Set(some.map(\.schedule)).count >= (kind == .ftrl ? 1 : 2), "\(kind)")
          #expect(Set(some.map(\.intercept)).count == 2, "\(kind)")
          #expect(Set(some.map { [$0.penalty.l1 > 0, $0.penalty.l2 > 0] }).count >= 3, "\(kind)")
        }
      }
    }
  }
}
