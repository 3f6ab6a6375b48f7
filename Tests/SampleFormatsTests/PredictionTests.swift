import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Samples to be predicted, not learned; and the choice of the format.
struct PredictionTests {
  private func bench() throws -> Workbench {
    let bench = Workbench()
    try bench.learn("1 | a b")
    return bench
  }

  @Test(arguments: [
    #"{"x": {"b": 2, "unknown": 1, "color": "red"}}"#, #"{"y": 7, "x": {"b": 2, "unknown": 1, "also": 5}}"#,
    #"{"y": null, "x": {"b": 2, "unknown": 1, "also": 0}, "weight": 0}"#, "| b:2 unknown also:3",
    "1 0 | b:2 unknown |n b",
    #"{"op": "predict", "id": 4, "x": {"b": 2, "unknown": 1, "also": true}}"#,
  ])
  func unknownFeaturesAreCountedAndLeftOut(_ payload: String) throws {
    let bench = try bench()
    let before = bench.model
    try bench.decode(payload, for: .predict)
    #expect(bench.batch.count == 1 && bench.batch.unlearned == 0)
    #expect(bench.batch.targets[0].isNaN)
    #expect(bench.rows[0].features == [Feature("b", 2)])
    #expect(bench.batch.unknownFeatures == 2)
    #expect(ModelBits(bench.model) == ModelBits(before))
  }

  /// Samples that are not learned stay in their places, and do not make the model know their features.
  @Test(arguments: [
    #"[{"x": {"q": 1, "a": 2}}, {"y": 1, "x": {"r": 1}}, {"y": 1, "x": {"s": 3, "b": 4}, "weight": 0}]"#,
    "| q a:2\n1 | r\n1 0 | s:3 b:4",
  ])
  func unlearnedSamplesKeepTheirPlaces(_ payload: String) throws {
    let bench = try bench()
    try bench.decode(payload, for: .answer)
    #expect(bench.rows.map(\.features) == [[Feature("a", 2)], [Feature("r", 1)], [Feature("b", 4)]])
    #expect(bench.batch.targets.map(\.isNaN) == [true, false, true])
    #expect(bench.batch.targets[1] == 1 && bench.batch.unlearned == 0)
    #expect(bench.names == ["a", "b", "r"])
  }

  /// The same for arrays: rows without a target or with an importance weight of 0 stay, and bring no new columns.
  @Test(arguments: [false, true])
  func unlearnedRowsOfArraysKeepTheirPlaces(_ isSparse: Bool) throws {
    func frames(_ rows: [[Double]], y: [Double]?, weight: [Double]? = nil) -> [[UInt8]] {
      if !isSparse { return ArrayMessage.dense(rows, y: y, weight: weight).frames }
      let stored = rows.map { row in row.indices.map { (column: $0, value: row[$0]) } }
      return ArrayMessage.sparse(stored, columns: rows[0].count, y: y, weight: weight).frames
    }
    let bench = Workbench()
    try bench.learn(frames: frames([[1, 2]], y: [1]))
    let before = ModelBits(bench.model)
    // No targets: all rows are predicted, by what is known.
    try bench.decode(frames: frames([[5, 6, 7], [0, 8, 9]], y: nil), for: .answer)
    #expect(bench.rows.map(\.features) == [[Feature("0", 5), Feature("1", 6)], [Feature("1", 8)]])
    #expect(bench.batch.targets.allSatisfy { $0.isNaN } && bench.batch.unlearned == 0)
    #expect(bench.batch.unknownFeatures == 2 && ModelBits(bench.model) == before)
    // A row that is learned brings the third column; the one before it did not have it yet.
    let rows = [[1, 2, 3], [4, 5, 6], [7, 8, 9.0]]
    try bench.decode(frames: frames(rows, y: [1, 2, 3], weight: [0, 1, 0]), for: .answer)
    #expect(bench.batch.targets.map(\.isNaN) == [true, false, true] && bench.batch.targets[1] == 2)
    #expect(
      bench.rows.map(\.features) == [
        [Feature("0", 1), Feature("1", 2)], [Feature("0", 4), Feature("1", 5), Feature("2", 6)],
        [Feature("0", 7), Feature("1", 8), Feature("2", 9)],
      ])
    #expect(bench.names == ["0", "1", "2"] && bench.batch.unknownFeatures == 1)
    var margins: [Double] = []
    #expect(bench.model.learn(bench.batch, margins: &margins) == 1 && margins.count == 3)
    // All of them learned: as for `learn`.
    let other = Workbench()
    other.model = bench.model
    try bench.decode(frames: frames([[1, 2, 3], [4, 5, 6]], y: [1, 2]), for: .answer)
    try other.decode(frames: frames([[1, 2, 3], [4, 5, 6]], y: [1, 2]))
    #expect(bench.rows == other.rows && bench.batch.count == 2)
  }

  /// A message that is refused leaves no columns behind, whatever it was for.
  @Test func refusedArraysLeaveNoColumns() throws {
    let bench = Workbench()
    try bench.learn(frames: ArrayMessage.dense([[1]], y: [1]).frames)
    #expect(throws: SampleError.self) {
      try bench.decode(frames: ArrayMessage.dense([[1, 2], [3, .infinity]], y: [1, 1]).frames, for: .answer)
    }
    #expect(bench.names == ["0"])
    try bench.decode(frames: ArrayMessage.dense([[1, 2]]).frames, for: .answer)
    #expect(bench.rows.map(\.features) == [[Feature("0", 1)]])
    try bench.decode(frames: ArrayMessage.dense([[1, 2]], y: [1]).frames, for: .answer)
    #expect(bench.rows.map(\.features) == [[Feature("0", 1), Feature("1", 2)]])
  }

  @Test
  func countsAreOfOneMessage() throws {
    let bench = try bench()
    try bench.decode("| x y z", for: .predict)
    #expect(bench.batch.unknownFeatures == 3)
    try bench.decode(#"[{"x": {"a": 1, "q": 1}}, {"x": {"r": 1}}]"#, for: .predict)
    #expect(bench.batch.count == 2 && bench.batch.unknownFeatures == 2)
    try bench.decode("| a", for: .predict)
    #expect(bench.batch.unknownFeatures == 0)
  }

  @Test
  func predictionIsTheMarginOfTheModel() throws {
    let bench = try bench()
    try bench.decode(#"{"x": {"a": 2, "unknown": 100}}"#, for: .predict)
    let learner = bench.model.learner
    // The coefficient is rounded to Float32, the margin is not.
    let expected = learner.intercept + Double(learner.coefficient(0)) * 2
    #expect(abs(bench.model.margin(of: 0, in: bench.batch) - expected) < 1e-7)
  }

  @Test(arguments: [
    #"{"y": 1, "x": {"a": 1}}"#, #"[{"y": 1, "x": {"a": 1}}]"#, "\n\t {\"y\": 1, \"x\": {\"a\": 1}}",
  ])
  func jsonIsRecognized(_ payload: String) throws {
    for format in [SampleDecoder.Format.auto, .json] {
      let bench = Workbench()
      try bench.decode(payload, format: format)
      #expect(bench.rows == [Row(1, Feature("a"))])
    }
  }

  @Test(arguments: ["1 | a", " \n\t 1 | a", "1 |\ta"])
  func textIsRecognized(_ payload: String) throws {
    for format in [SampleDecoder.Format.auto, .vw] {
      let bench = Workbench()
      try bench.decode(payload, format: format)
      #expect(bench.rows == [Row(1, Feature("a"))])
    }
  }

  @Test(arguments: [
    "1 2:0.5", " \n\t 1 2:0.5", "# a | b\n\n1 2:0.5", "1 2:0.5 # | is no bar in a comment", "1 2:0.5\n# |",
    "1 qid:7 2:0.5 3:0\r\n",
  ])
  func indexedTextIsRecognized(_ payload: String) throws {
    for format in [SampleDecoder.Format.auto, .svmlight] {
      let bench = Workbench()
      try bench.decode(payload, format: format)
      #expect(bench.rows == [Row(1, Feature("2", 0.5))])
    }
  }

  @Test
  func tagThatLooksLikeAnotherFormatNeedsTheFormatFixed() throws {
    let bench = Workbench()
    #expect(throws: SampleError.self) { try bench.decode("{tag}| a") }
    try bench.decode("{tag}| a", format: .vw)
    #expect(bench.batch.unlearned == 1)
    #expect(throws: SampleError.self) { try bench.decode("1 '#12| a") }
    try bench.decode("1 '#12| a", format: .vw)
    #expect(bench.rows == [Row(1, Feature("a"))])
    // Behind the first bar it is any byte.
    try bench.decode("1 |n #hash")
    #expect(bench.rows == [Row(1, Feature("n^#hash"))])
  }

  @Test
  func storageIsReusedFromMessageToMessage() throws {
    let bench = Workbench()
    try bench.decode("1 |" + (0..<1000).map { " f\($0)" }.joined())
    let capacity = bench.batch.features.capacity
    try bench.decode("1 | f1 f2")
    #expect(throws: SampleError.self) { try bench.decode("1 | f1 f2:x") }
    #expect(bench.batch.features.capacity == capacity)
  }
}
