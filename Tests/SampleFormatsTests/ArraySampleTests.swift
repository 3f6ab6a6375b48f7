import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Arrays are the samples that JSON by position, or by the positions' names, says they are.
struct ArraySampleTests {
  private static let dtypes = ["f4", "f8", "i4", "i8", "u4"]

  /// Dense rows as JSON by position.
  private func json(_ rows: [[Double]], _ y: [Double]?, _ weight: [Double]? = nil) -> String {
    let samples = rows.enumerated().map { number, row in
      let y = y.map { #""y": \#($0[number]), "# } ?? ""
      return #"{\#(y)"x": \#(row), "weight": \#(weight?[number] ?? 1)}"#
    }
    return "[\(samples.joined(separator: ", "))]"
  }

  /// Stored values as JSON by name.
  private func json(_ rows: [[(column: Int, value: Double)]], _ y: [Double]) -> String {
    let samples = rows.enumerated().map { number, row in
      let features = row.map { #""\#($0.column)": \#($0.value)"# }.joined(separator: ", ")
      return #"{"y": \#(y[number]), "x": {\#(features)}}"#
    }
    return "[\(samples.joined(separator: ", "))]"
  }

  private func expectEqual(
    _ ours: Workbench, _ theirs: Workbench, _ context: String, at location: SourceLocation = #_sourceLocation
  ) {
    #expect(ours.rows == theirs.rows, "\(context)", sourceLocation: location)
    #expect(ours.names == theirs.names, "\(context)", sourceLocation: location)
    #expect(ours.batch.unlearned == theirs.batch.unlearned, "\(context)", sourceLocation: location)
    #expect(ModelBits(ours.model) == ModelBits(theirs.model), "\(context)", sourceLocation: location)
  }

  private func value(_ dtype: String, using generator: inout SeededGenerator) -> Double {
    if generator.below(4) == 0 { return 0 }
    switch dtype {
    case "f4": return Double(Float(generator.uniform(-2..<2)))
    case "f8": return generator.uniform(-2..<2)
    case "u4": return Double(generator.next() % 4_294_967_296)
    case "i8": return Double(generator.next() % (1 << 53)) - 0x1p52
    default: return Double(generator.next() % 2_000_000_000) - 1e9
    }
  }

  @Test(arguments: dtypes)
  func denseIsJSONByPosition(_ dtype: String) throws {
    for seed in UInt64(1)...20 {
      var generator = SeededGenerator(seed: seed)
      let (arrays, texts) = (Workbench(), Workbench())
      for _ in 0..<4 {
        // Wider than one step of any loop, and not a multiple of one.
        let (count, width) = (1 + generator.below(5), generator.below(70))
        let rows = (0..<count).map { _ in (0..<width).map { _ in value(dtype, using: &generator) } }
        let y = rows.map { _ in generator.uniform(-3..<3) }
        let weight = generator.below(2) == 0 ? nil : rows.map { _ in Double(generator.below(3)) }
        try arrays.learn(frames: ArrayMessage.dense(rows, y: y, weight: weight, dtype: dtype).frames)
        try texts.learn(json(rows, y, weight))
        expectEqual(arrays, texts, "seed \(seed), \(dtype), \(count)x\(width)")
      }
    }
  }

  @Test(arguments: dtypes, ["i4", "i8", "u4"])
  func sparseIsJSONByTheColumnsNames(_ dtype: String, _ indexType: String) throws {
    for seed in UInt64(1)...10 {
      var generator = SeededGenerator(seed: seed)
      let (arrays, texts) = (Workbench(), Workbench())
      for _ in 0..<6 {
        let isSorted = generator.below(3) > 0
        let rows = (0..<1 + generator.below(5)).map { _ in
          var columns: Set<Int> = []
          for _ in 0..<generator.below(40) { columns.insert(generator.below(100)) }
          let order = isSorted ? columns.sorted() : columns.sorted().shuffled(using: &generator)
          return order.map { (column: $0, value: value(dtype, using: &generator)) }
        }
        let y = rows.map { _ in generator.uniform(-3..<3) }
        let message = ArrayMessage.sparse(rows, columns: 100, y: y, dtype: dtype, indexType: indexType)
        try arrays.learn(frames: message.frames)
        try texts.learn(json(rows, y))
        expectEqual(arrays, texts, "seed \(seed), \(dtype), \(indexType)")
      }
    }
  }

  @Test
  func denseAndSparseAreOneModel() throws {
    let (dense, sparse) = (Workbench(), Workbench())
    try dense.learn(frames: ArrayMessage.dense([[0, 2, 3], [4, 0, 6]], y: [1, 2]).frames)
    try sparse.learn(
      frames: ArrayMessage.sparse(
        [[(0, 0), (1, 2), (2, 3)], [(0, 4), (1, 0), (2, 6)]], columns: 3, y: [1, 2]
      ).frames)
    #expect(dense.rows == [Row(1, Feature("1", 2), Feature("2", 3)), Row(2, Feature("0", 4), Feature("2", 6))])
    expectEqual(sparse, dense, "zeros stored and not")
  }

  @Test
  func recipeWithoutNamesIsFeaturesAndTargets() throws {
    let bench = Workbench()
    let header = #"{"dtype": "float32", "shape": [2, 2]}"#
    let x = ArrayMessage.bytes([1, 2, 3, 4] as [Float])
    try bench.decode(frames: [Array(header.utf8), x])
    #expect(bench.batch.count == 0 && bench.batch.unlearned == 2 && bench.names.isEmpty)
    try bench.decode(frames: [Array(header.utf8), x, ArrayMessage.bytes([7, 8] as [Float])])
    #expect(bench.rows == [Row(7, Feature("0", 1), Feature("1", 2)), Row(8, Feature("0", 3), Feature("1", 4))])
  }

  @Test(arguments: SampleDecoder.Format.allCases.filter { $0 == .auto || $0 == .arrays })
  func topicMayStandFirst(_ format: SampleDecoder.Format) throws {
    let bench = Workbench()
    let message = ArrayMessage.dense([[1, 2]], y: [3])
    for topic in ["", "sensors", "a{b}", "[1]"] {
      try bench.decode(frames: [Array(topic.utf8)] + message.frames, format: format)
      #expect(bench.rows == [Row(3, Feature("0", 1), Feature("1", 2))], "\(topic)")
    }
  }

  @Test
  func payloadsAloneOrAfterATopicAreOtherFormats() throws {
    let bench = Workbench()
    for payload in [#"{"y": 1, "x": [2]}"#, "1 | 0:2"] {
      for topic in [[], [Array("topic".utf8)]] {
        try bench.decode(frames: topic + [Array(payload.utf8)])
        #expect(bench.rows == [Row(1, Feature("0", 2))])
      }
    }
  }

  @Test(arguments: ["<f4", "=f4", "f4", "float32"])
  func spellingsOfADtype(_ dtype: String) throws {
    let bench = Workbench()
    let header = #"{"dtype": "\#(dtype)", "shape": [1, 1], "order": "C", "fortran_order": false, "id": 1, "seq": null}"#
    try bench.decode(frames: [Array(header.utf8), ArrayMessage.bytes([2 as Float]), ArrayMessage.bytes([3 as Float])])
    #expect(bench.rows == [Row(3, Feature("0", 2))])
  }

  @Test
  func targetsMayBeAColumn() throws {
    let bench = Workbench()
    let header = #"{"x": {"dtype": "i4", "shape": [2, 0]}, "y": {"dtype": "u4", "shape": [2, 1]}}"#
    try bench.decode(frames: [Array(header.utf8), [], ArrayMessage.bytes([3, 4] as [UInt32])])
    #expect(bench.rows == [Row(3), Row(4)])
  }

  @Test
  func samplesWithoutTargetsOrWeightAreNotLearned() throws {
    let bench = Workbench()
    try bench.learn(frames: ArrayMessage.dense([[1], [2], [3]], y: [1, 2, 3], weight: [1, 0, 2]).frames)
    #expect(bench.batch.count == 2 && bench.batch.unlearned == 1)
    let known = ModelBits(bench.model)
    try bench.learn(frames: ArrayMessage.dense([[1, 2], [2, 3]]).frames)
    #expect(bench.batch.unlearned == 2)
    try bench.learn(frames: ArrayMessage.sparse([[(3, 1)], [(7, 1)]], columns: 9).frames)
    #expect(bench.batch.unlearned == 2)
    #expect(ModelBits(bench.model) == known)
  }

  @Test
  func predictionLeavesOutWhatIsNotKnown() throws {
    let bench = Workbench()
    try bench.learn(frames: ArrayMessage.sparse([[(0, 1), (2, 5)]], columns: 3, y: [1]).frames)
    let rows: [[Double]] = [[1, 2, 0], [0, 0, 4]]
    try bench.decode(frames: ArrayMessage.dense(rows).frames, for: .predict)
    let texts = Workbench()
    texts.model = bench.model
    try texts.decode(json(rows, nil), for: .predict)
    #expect(bench.rows.map(\.features) == texts.rows.map(\.features))
    #expect(bench.batch.unknownFeatures == 2 && texts.batch.unknownFeatures == 2)
    #expect(bench.batch.targets.allSatisfy { $0.isNaN })
    try bench.decode(frames: ArrayMessage.sparse([[(1, 2), (2, 3)]], columns: 3).frames, for: .predict)
    #expect(bench.rows.map(\.features) == [[Feature("2", 3)]] && bench.batch.unknownFeatures == 1)
    #expect(bench.names == ["0", "2"])
  }

  @Test
  func columnsKeepTheirFeaturesWhateverComesBetween() throws {
    let (arrays, texts) = (Workbench(), Workbench())
    var generator = SeededGenerator(seed: 0xC01)
    for round in 0..<400 {
      let width = 1 + generator.below(12)
      let rows = [(0..<width).map { _ in Double(Float(generator.uniform(-1..<1))) }]
      let y = [generator.uniform(-1..<1)]
      switch generator.below(5) {
      case 0:
        // A message that names new columns and is then refused.
        var broken = ArrayMessage.sparse(
          [(0..<width).map { (column: $0 * 7, value: 1) }, [(5, 1), (5, 1)]], columns: 100, y: [1, 1]
        ).frames
        #expect(throws: SampleError.self) { try arrays.decode(frames: broken) }
        broken = ArrayMessage.dense(rows + [rows[0].map { _ in .infinity }], y: y + y).frames
        #expect(throws: SampleError.self) { try arrays.decode(frames: broken) }
      case 1:
        let text = #"{"y": 1, "x": {"\#(generator.below(40))": 1, "n\#(round)": 2}}"#
        try arrays.learn(text)
        try texts.learn(text)
      case 2:
        // Another model, as after a restart.
        let names = arrays.model.space
        arrays.model = Model(
          FeatureSpace(names.state, names: names.names, keepingNames: 0)!,
          learner: arrays.model.learner, validation: arrays.model.validation)
      default:
        let columns = rows[0].indices.map { (column: $0 * 5 % 60, value: rows[0][$0]) }.sorted { $0.column < $1.column }
        if generator.below(2) == 0 {
          try arrays.learn(frames: ArrayMessage.dense(rows, y: y).frames)
          try texts.learn(json(rows, y))
        } else {
          try arrays.learn(frames: ArrayMessage.sparse([columns], columns: 60, y: y).frames)
          try texts.learn(json([columns], y))
        }
        #expect(arrays.rows == texts.rows, "round \(round)")
      }
    }
    #expect(arrays.names == texts.names && texts.names.count > 60)
    #expect(ModelBits(arrays.model) == ModelBits(texts.model))
  }

  @Test
  func aCopyOfTheModelIsNotTakenForIt() throws {
    let bench = Workbench()
    let before = bench.model
    try bench.learn(frames: ArrayMessage.dense([[1, 2, 3]], y: [1]).frames)
    bench.model = before
    // As many names, and others.
    bench.model.space = FeatureSpace(
      FeatureSpace.State(), names: FeatureSpace.Names(bytes: Array("abc".utf8), ends: [1, 2, 3]), keepingNames: 0)!
    try bench.learn(frames: ArrayMessage.dense([[1, 2, 3]], y: [1]).frames)
    #expect(bench.names == ["a", "b", "c", "0", "1", "2"])
    #expect(bench.rows[0].features.map(\.name) == ["0", "1", "2"])
  }

  @Test
  func columnsBeyondAnyTable() throws {
    let bench = Workbench()
    let message = ArrayMessage.sparse(
      [[(3, 1), (1 << 40, 2)], [(1 << 40, 3)]], columns: 1 << 41, y: [1, 2], indexType: "i8")
    for _ in 0..<2 {
      try bench.learn(frames: message.frames)
      #expect(bench.rows[0] == Row(1, Feature("3", 1), Feature("1099511627776", 2)))
      #expect(bench.rows[1] == Row(2, Feature("1099511627776", 3)))
    }
    #expect(bench.names.count == 2)
  }
}
