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
      if !Measure.allCases.contains(where: { isWanted(kind, $0) }) { return [Result]() }
      note(kind.rawValue)
      let arrays = ArrayMessages(kind, SampleStream(kind.plan, rows: rows), batch: batch)
      return try results(arrays).filter { result in only.map { result.name.contains($0) } ?? true }
    }
  }

  private enum Measure: String, CaseIterable {
    case decode
    case decodeBytes = "decode bytes"
    case learn
  }

  private func results(_ arrays: ArrayMessages) throws -> [Result] {
    let (decoder, both) = (try TimedArrays(arrays, learns: false), try TimedArrays(arrays, learns: true))
    let learner = try TimedBatches(arrays)
    let measured = try Rounds(
      rounds, [{ try decoder.seconds() }, { try both.seconds() }, { learner.seconds() }])
    guard both.model.learner.coefficients() == learner.model.learner.coefficients() else {
      throw BenchError.otherModel(arrays.kind.rawValue)
    }
    func samples(_ contestant: Int) -> Double { Double(arrays.samples * arrays.passes) / measured.median(contestant) }
    return [
      Result(
        name: name(arrays.kind, .decode), unit: .samplesPerSecond, figure: samples(0), comparison: nil, bar: nil),
      Result(
        name: name(arrays.kind, .decodeBytes), unit: .bytesPerSecond,
        figure: Double(arrays.bytes * arrays.passes) / measured.median(0), comparison: nil, bar: nil),
      Result(
        name: name(arrays.kind, .learn), unit: .samplesPerSecond, figure: samples(1),
        comparison: Result.Comparison(
          reference: "learner alone", figure: samples(2), ratios: measured.ratios(2, over: 1)),
        bar: .atLeast(ArraysBenchmark.bar)),
    ]
  }

  private func name(_ kind: ArrayMessages.Kind, _ measure: Measure) -> String {
    "\(kind.rawValue) \(measure.rawValue)"
  }

  private func isWanted(_ kind: ArrayMessages.Kind, _ measure: Measure) -> Bool {
    only.map { name(kind, measure).contains($0) } ?? true
  }
}
