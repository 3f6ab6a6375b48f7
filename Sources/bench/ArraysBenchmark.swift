internal import OnlineLearning

/// What decoding arrays adds to learning their samples.
struct ArraysBenchmark {
  /// Samples of every kind.
  let rows: Int
  /// Samples in a message.
  let batch: Int
  let rounds: Int
  /// What a row's name has to contain; nil for all.
  let only: String?

  /// How much of the learner's own speed is left.
  private static let bar = 0.9

  func results() throws -> [Result] {
    try ArrayMessages.Kind.allCases.flatMap { kind in
      // Not made where none is wanted.
      lazy var arrays = ArrayMessages(kind, SampleStream(kind.plan, rows: rows), batch: batch)
      return try Space.allCases.flatMap { space in
        if !Measure.allCases.contains(where: { isWanted(kind, space, $0) }) { return [Result]() }
        note("\(kind.rawValue), \(space.rawValue)")
        return try results(arrays, space).filter { result in only.map { result.name.contains($0) } ?? true }
      }
    }
  }

  private enum Space: String, CaseIterable {
    case dictionary
    case indexed

    func kind(of arrays: ArrayMessages) -> FeatureSpace.Kind {
      switch self {
      case .dictionary: .dictionary
      case .indexed: .indexed(width: arrays.kind.plan.features)
      }
    }
  }

  private enum Measure: String, CaseIterable {
    case decode
    case decodeBytes = "decode bytes"
    case learn
  }

  private func results(_ arrays: ArrayMessages, _ space: Space) throws -> [Result] {
    let kind = space.kind(of: arrays)
    let decoder = try TimedArrays(arrays, learns: false, in: kind)
    let both = try TimedArrays(arrays, learns: true, in: kind)
    let learner = try TimedBatches(arrays, in: kind)
    let measured = try Rounds(
      rounds, [{ try decoder.seconds() }, { try both.seconds() }, { learner.seconds() }])
    guard both.model.learner.coefficients() == learner.model.learner.coefficients() else {
      throw BenchError.otherModel(arrays.kind.rawValue)
    }
    func samples(_ contestant: Int) -> Double { Double(arrays.samples * arrays.passes) / measured.median(contestant) }
    return [
      Result(
        name: name(arrays.kind, space, .decode), unit: .samplesPerSecond, figure: samples(0), comparison: nil, bar: nil),
      Result(
        name: name(arrays.kind, space, .decodeBytes), unit: .bytesPerSecond,
        figure: Double(arrays.bytes * arrays.passes) / measured.least(0), comparison: nil, bar: nil),
      Result(
        name: name(arrays.kind, space, .learn), unit: .samplesPerSecond, figure: samples(1),
        comparison: Result.Comparison(
          reference: "learner alone", figure: samples(2), ratios: measured.ratios(2, over: 1)),
        bar: .atLeast(ArraysBenchmark.bar)),
    ]
  }

  private func name(_ kind: ArrayMessages.Kind, _ space: Space, _ measure: Measure) -> String {
    "\(kind.rawValue) \(space.rawValue) \(measure.rawValue)"
  }

  private func isWanted(_ kind: ArrayMessages.Kind, _ space: Space, _ measure: Measure) -> Bool {
    only.map { name(kind, space, measure).contains($0) } ?? true
  }
}
