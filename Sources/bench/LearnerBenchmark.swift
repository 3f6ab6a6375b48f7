internal import Foundation
internal import OnlineLearning

/// All that `bench learner` measures.
struct LearnerBenchmark {
  /// Rows of every stream; nil for each stream's own number.
  let rows: Int?
  let rounds: Int
  /// What a row's name has to contain; nil for all.
  let only: String?
  /// The peer's interpreter; nil for the project's own.
  let python: String?
  /// Whether the peer leaves out its search for values that are not finite.
  let assumesFinite: Bool

  /// How far the coefficients of both sides may be apart, relative to the peer's norm.
  private static let tolerance = 1e-3
  /// How many times as fast as scikit-learn, on the sparse stream.
  private static let peerBars: [PenaltyKind: Double] = [.l2: 1.5, .l1: 4, .elasticnet: 3]
  private static let shrinkageBar = 1.5
  private static let sizeBar = 3.0

  func results() throws -> [Result] {
    var results: [Result] = []
    var peer: ScikitLearn?
    defer { peer?.stop() }
    for plan in StreamPlan.beside {
      let kinds = PenaltyKind.allCases.filter { isWanted(peerName(plan, $0)) }
      let optimizers = Optimizer.allCases.filter { optimizer in
        PenaltyKind.shrinking.contains { isWanted(shrinkageName(plan, optimizer, $0)) }
      }
      let validates = isWanted(validationName(plan))
      if kinds.isEmpty && optimizers.isEmpty && !validates { continue }
      note("making the \(plan.name) rows")
      let stream = SampleStream(plan, rows: rows ?? plan.rows)
      if !kinds.isEmpty {
        let running = try peer ?? ScikitLearn(python: python, assumesFinite: assumesFinite)
        peer = running
        try running.load(stream)
        try checkWork(stream, running)
        for kind in kinds { results.append(try besidePeer(plan, stream, kind, running)) }
      }
      for optimizer in optimizers { results += try shrinkage(plan, stream, optimizer) }
      if validates { results.append(try validation(plan, stream)) }
    }
    results += try sizes()
    for optimizer in Optimizer.allCases where isWanted("bytes \(optimizer.rawValue)") {
      results.append(
        Result(
          name: "bytes \(optimizer.rawValue)", unit: .bytes, figure: Double(LearnerSetup.bytesPerWeight(optimizer)),
          comparison: nil, bar: .atMost(LearnerSetup.bytesAllowed(optimizer))))
    }
    return results
  }

  /// Has both sides learn the same rows from zero, so that nobody measures a loop that does something else.
  ///
  /// Only the penalties that both sides apply by the same formula; scikit-learn's L1 is another one.
  private func checkWork(_ stream: SampleStream, _ peer: ScikitLearn) throws {
    for kind in [PenaltyKind.none, .l2] {
      let setup = LearnerSetup(optimizer: LearnerSetup.plain, kind: kind)
      let timed = TimedLearner(setup.learner(features: stream.features, intercept: stream.kind == .dense))
      _ = timed.seconds(stream.batch)
      let theirs = try peer.coefficients(kind)
      let ours = timed.learner.coefficients().map(Double.init) + [timed.learner.intercept]
      let difference = distance(ours, theirs.coefficients + [theirs.intercept])
      // Not a number is no agreement either.
      guard difference <= LearnerBenchmark.tolerance else {
        throw BenchError.differentWork(
          stream: stream.name, penalty: kind.rawValue, difference: difference, limit: LearnerBenchmark.tolerance)
      }
    }
  }

  private func besidePeer(
    _ plan: StreamPlan, _ stream: SampleStream, _ kind: PenaltyKind, _ peer: ScikitLearn
  ) throws -> Result {
    let name = peerName(plan, kind)
    note(name)
    let format = try fasterFormat(kind, peer)
    let ours = TimedLearner(
      LearnerSetup(optimizer: LearnerSetup.plain, kind: kind).learner(features: stream.features))
    let measured = try Rounds(rounds, [{ try peer.seconds(format, kind) }, { ours.seconds(stream.batch) }])
    return Result(
      name: name, unit: .featuresPerSecond, figure: Double(stream.size) / measured.median(1),
      comparison: Result.Comparison(
        reference: "scikit-learn \(format)" + (assumesFinite ? ", unchecked" : ""),
        figure: Double(stream.size) / measured.median(0),
        ratios: measured.ratios(0, over: 1)),
      bar: plan.kind == .zipf ? LearnerBenchmark.peerBars[kind].map { .atLeast($0) } : nil)
  }

  /// The arrays that scikit-learn learns from faster.
  private func fasterFormat(_ kind: PenaltyKind, _ peer: ScikitLearn) throws -> String {
    let measured = try Rounds(min(rounds, 3), ScikitLearn.formats.map { format in { try peer.seconds(format, kind) } })
    let faster = ScikitLearn.formats.indices.min { measured.median($0) < measured.median($1) }
    return ScikitLearn.formats[faster ?? 0]
  }

  /// What each penalty costs.
  private func shrinkage(_ plan: StreamPlan, _ stream: SampleStream, _ optimizer: Optimizer) throws -> [Result] {
    note("\(plan.name) \(optimizer.rawValue) shrinkage")
    let kinds = [.none] + PenaltyKind.shrinking.filter { isWanted(shrinkageName(plan, optimizer, $0)) }
    let learners = kinds.map {
      TimedLearner(LearnerSetup(optimizer: optimizer, kind: $0).learner(features: stream.features))
    }
    let measured = try Rounds(rounds, learners.map { learner in { learner.seconds(stream.batch) } })
    return kinds.indices.dropFirst().map { index in
      Result(
        name: shrinkageName(plan, optimizer, kinds[index]), unit: .featuresPerSecond,
        figure: Double(stream.size) / measured.median(index),
        comparison: Result.Comparison(
          reference: "no penalty", figure: Double(stream.size) / measured.median(0),
          ratios: measured.ratios(index, over: 0)),
        bar: .atMost(LearnerBenchmark.shrinkageBar))
    }
  }

  /// What progressive validation adds to learning.
  private func validation(_ plan: StreamPlan, _ stream: SampleStream) throws -> Result {
    note(validationName(plan))
    let learner = LearnerSetup(optimizer: LearnerSetup.plain, kind: .elasticnet).learner(features: stream.features)
    let (alone, model) = (TimedLearner(learner), TimedModel(learner))
    let measured = try Rounds(rounds, [{ alone.seconds(stream.batch) }, { model.seconds(stream.batch) }])
    return Result(
      name: validationName(plan), unit: .featuresPerSecond, figure: Double(stream.size) / measured.median(1),
      comparison: Result.Comparison(
        reference: "no validation", figure: Double(stream.size) / measured.median(0),
        ratios: measured.ratios(1, over: 0)),
      bar: nil)
  }

  /// What a sample costs when the model is large. The bar is for features as texts and clicks have them; that each is as
  /// frequent as any other is the worst case, and shown beside it.
  private func sizes() throws -> [Result] {
    try sizes(.small, .large, bar: .atMost(LearnerBenchmark.sizeBar)) + sizes(.smallUniform, .largeUniform, bar: nil)
  }

  private func sizes(_ few: StreamPlan, _ many: StreamPlan, bar: Result.Bar?) throws -> [Result] {
    let setups = Optimizer.allCases.flatMap { optimizer in
      [PenaltyKind.none, .elasticnet].map { LearnerSetup(optimizer: optimizer, kind: $0) }
    }.filter { isWanted(sizeName(many, $0)) }
    if setups.isEmpty { return [] }
    note("making the \(few.name) and \(many.name) rows")
    let small = SampleStream(few, rows: rows ?? few.rows)
    let large = SampleStream(many, rows: rows ?? many.rows)
    return try setups.map { setup in
      note(sizeName(many, setup))
      let cached = TimedLearner(setup.learner(features: small.features))
      let spread = TimedLearner(setup.learner(features: large.features))
      let measured = try Rounds(rounds, [{ cached.seconds(small.batch) }, { spread.seconds(large.batch) }])
      return Result(
        name: sizeName(many, setup), unit: .featuresPerSecond,
        figure: Double(large.size) / measured.median(1),
        comparison: Result.Comparison(
          reference: "\(small.name) features", figure: Double(small.size) / measured.median(0),
          ratios: measured.ratios(1, over: 0)),
        bar: bar)
    }
  }

  private func peerName(_ plan: StreamPlan, _ kind: PenaltyKind) -> String {
    "\(plan.name) \(LearnerSetup.plain.rawValue) \(kind.rawValue)"
  }

  private func shrinkageName(_ plan: StreamPlan, _ optimizer: Optimizer, _ kind: PenaltyKind) -> String {
    "\(plan.name) \(optimizer.rawValue) \(kind.rawValue) shrinkage"
  }

  private func validationName(_ plan: StreamPlan) -> String {
    "\(plan.name) \(LearnerSetup.plain) \(PenaltyKind.elasticnet.rawValue) validation"
  }

  private func sizeName(_ plan: StreamPlan, _ setup: LearnerSetup) -> String {
    "\(plan.name) \(setup.optimizer.rawValue) \(setup.kind.rawValue)"
  }

  private func isWanted(_ name: String) -> Bool {
    only.map { name.contains($0) } ?? true
  }
}

/// ‖a − b‖ over ‖b‖.
private func distance(_ a: [Double], _ b: [Double]) -> Double {
  let squares = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return a.count == b.count ? (squares / b.reduce(0) { $0 + $1 * $1 }).squareRoot() : .infinity
}

/// Tells whoever waits what is being done.
func note(_ text: String) {
  FileHandle.standardError.write(Data("\(text)\n".utf8))
}
