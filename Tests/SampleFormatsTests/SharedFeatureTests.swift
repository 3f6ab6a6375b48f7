import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Names that share a weight, as hashed ones do, in every format.
struct SharedFeatureTests {
  private static func bench(_ bits: Int, limits: SampleLimits = SampleLimits()) -> Workbench {
    Workbench(limits: limits, space: FeatureSpace(.hashed(bits: bits)))
  }

  /// With so few bits most rows have names that share an index.
  @Test(arguments: [1, 3, 6, 20], UInt64(1)...4)
  func formatsMakeNoDifference(_ bits: Int, _ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (json, text, dense, sparse) = (
      Self.bench(bits), Self.bench(bits), Self.bench(bits), Self.bench(bits)
    )
    let unordered = Self.bench(bits)
    for message in 0..<30 {
      let width = 1 + random.below(12)
      let rows = (0..<1 + random.below(4)).map { _ in
        (0..<width).map { _ in random.below(4) == 0 ? 0 : Double(Float(random.uniform(-2..<2))) }
      }
      let y = rows.map { _ in random.uniform(-1..<1) }
      let stored = rows.map { row in row.indices.filter { row[$0] != 0 }.map { (column: $0, value: row[$0]) } }
      try json.learn(
        "[" + zip(rows, y).map { #"{"y": \#($1), "x": \#($0)}"# }.joined(separator: ",") + "]")
      try text.learn(
        Array(
          zip(stored, y).map { row, y in "\(y)" + row.map { " \($0.column):\($0.value)" }.joined() + "\n" }.joined()
            .utf8),
        format: .svmlight)
      try dense.learn(frames: ArrayMessage.dense(rows, y: y).frames)
      try sparse.learn(frames: ArrayMessage.sparse(stored, columns: width, y: y).frames)
      try unordered.learn(
        frames: ArrayMessage.sparse(stored.map { $0.reversed() }, columns: width, y: y, indexType: "i8").frames)
      for bench in [json, text, dense, sparse, unordered] {
        for row in 0..<bench.batch.count {
          let features = bench.batch.features[bench.batch.range(of: row)]
          #expect(Set(features).count == features.count, "message \(message), seed \(seed)")
        }
      }
      #expect(json.batch.features == dense.batch.features && json.batch.values == dense.batch.values)
    }
    let expected = ModelBits(json.model)
    #expect(ModelBits(text.model) == expected, "text, seed \(seed)")
    #expect(ModelBits(dense.model) == expected, "dense, seed \(seed)")
    #expect(ModelBits(sparse.model) == expected, "sparse, seed \(seed)")
    // Sums of floats depend on their order, and so little that only a mistake makes more of it.
    for (one, other) in zip(unordered.model.learner.coefficients(), json.model.learner.coefficients()) {
      #expect(abs(one - other) <= 1e-4 * max(1, abs(other)), "in any order, seed \(seed)")
    }
  }

  @Test func columnsThatStandTwiceAreAMistakeStill() throws {
    for columns in [[0, 0], [1, 2, 3, 2], [5, 1, 5], [1 << 40, 3, 1 << 40]] {
      let bench = Self.bench(1)
      let row = columns.map { (column: $0, value: 1.0) }
      let error = #expect(throws: SampleError.self, "\(columns)") {
        try bench.decode(
          frames: ArrayMessage.sparse([[(0, 1)], row], columns: 1 << 41, y: [1, 1], indexType: "i8").frames)
      }
      #expect(error?.reason == .duplicateField && error?.message.contains("stands twice") == true, "\(columns)")
      #expect(bench.batch.isEmpty)
      try bench.decode(
        frames: ArrayMessage.sparse([Array(row.dropFirst().prefix(2))], columns: 1 << 41, y: [1], indexType: "i8")
          .frames)
    }
  }

  @Test func sumsOfSharedFeaturesStayFinite() throws {
    let rows = [[1, 3e38, 3e38, 3e38]]
    for message in [
      ArrayMessage.dense(rows, y: [1]), .sparse([[(1, 3e38), (2, 3e38), (3, 3e38)]], columns: 4, y: [1]),
    ] {
      let error = #expect(throws: SampleError.self) { try Self.bench(1).decode(frames: message.frames) }
      #expect(error?.reason == .featureValue && error?.message.contains("sample 1") == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("3.4e38") == true)
    }
  }

  /// Columns far out cost no memory by their number.
  @Test func questionsAndUnlearnedRows() throws {
    let bench = Self.bench(4)
    try bench.decode(frames: ArrayMessage.dense([[1, 2], [3, 4]], y: [1, 1], weight: [0, 1]).frames)
    #expect(bench.batch.count == 1 && bench.batch.unlearned == 1)
    try bench.decode(frames: ArrayMessage.dense([[1, 2], [3, 4]]).frames, for: .predict)
    #expect(bench.batch.count == 2 && bench.batch.unknownFeatures == 0)
    #expect(bench.batch.values.reduce(0, +) == 10)
  }
}
