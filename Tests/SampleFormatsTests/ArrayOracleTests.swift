import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Random arrays, with and without what keeps a message from being taken as a whole, against rows built one by one.
struct ArrayOracleTests {
  /// One thing that is out of the ordinary, or wrong.
  private enum Oddity: CaseIterable {
    case none, zero, negativeZero, tiny, unknownColumn, noWeight, unsorted
    case notANumber, infinity, target, weight, repeated, beyond
  }

  /// A message as it should be read.
  private struct Plan {
    var rows: [[(column: Int, value: Double)]] = []
    var y: [Double] = []
    var weight: [Double]?
    var isDense = true
    var columns = 0
    var dtype = "f4"
    var indexType = "i4"
    /// The error that it meets: its reason, and the number that is wrong as an array and a position in it.
    var error: (reason: SampleError.Reason, array: String, position: Int)?

    var message: ArrayMessage {
      isDense
        ? .dense(rows.map { $0.map(\.value) }, y: y, weight: weight, dtype: dtype)
        : .sparse(rows, columns: columns, y: y, weight: weight, dtype: dtype, indexType: indexType)
    }
    /// The frame of an array.
    func frame(_ array: String) -> Int {
      let arrays = (isDense ? ["x"] : ["data", "indices", "indptr"]) + ["y", "weight"]
      return 1 + arrays.firstIndex(of: array)!
    }
    func size(_ array: String) -> Int {
      let type = ["x": dtype, "data": dtype, "indices": indexType, "indptr": indexType][array] ?? "f8"
      return type.hasSuffix("8") ? 8 : 4
    }
  }

  private func value(_ dtype: String, using generator: inout SeededGenerator) -> Double {
    switch dtype {
    case "f4": return Double(Float(generator.uniform(0.01..<2))) * (generator.below(2) == 0 ? 1 : -1)
    case "f8": return generator.uniform(0.01..<2) * (generator.below(2) == 0 ? 1 : -1)
    case "u4": return Double(1 + generator.next() % 4_294_967_295)
    case "i8": return 1 + Double(generator.next() % (1 << 53))
    default: return -1 - Double(generator.next() % 2_000_000_000)
    }
  }

  private func plan(_ oddity: Oddity, width: Int, using generator: inout SeededGenerator) -> Plan {
    var plan = Plan()
    plan.isDense = generator.below(2) == 0
    plan.dtype = generator.pick(["f4", "f4", "f8", "i4", "i8", "u4"])
    plan.indexType = generator.pick(["i4", "i8", "u4"])
    plan.columns = width
    for _ in 0..<1 + generator.below(6) {
      let columns = (0..<width).filter { _ in plan.isDense || generator.below(3) > 0 }
      plan.rows.append(columns.map { ($0, value(plan.dtype, using: &generator)) })
      plan.y.append(generator.uniform(-3..<3))
    }
    if generator.below(3) == 0 { plan.weight = plan.rows.map { _ in generator.uniform(0.5..<2) } }
    spoil(&plan, oddity, using: &generator)
    return plan
  }

  private func spoil(_ plan: inout Plan, _ oddity: Oddity, using generator: inout SeededGenerator) {
    let row = generator.below(plan.rows.count)
    guard !plan.rows[row].isEmpty else { return }
    let place = generator.below(plan.rows[row].count)
    let stored = plan.rows[..<row].reduce(0) { $0 + $1.count } + place
    let isFloat = plan.dtype.hasPrefix("f")
    let data = plan.isDense ? "x" : "data"
    switch oddity {
    case .none: break
    case .zero: plan.rows[row][place].value = 0
    case .negativeZero: plan.rows[row][place].value = isFloat ? -0.0 : 0
    case .tiny: if isFloat { plan.rows[row][place].value = Double(Float.leastNonzeroMagnitude) }
    case .unknownColumn:
      if plan.isDense {
        for row in plan.rows.indices { plan.rows[row].append((plan.columns, 1)) }
      } else {
        plan.rows[row].append((plan.columns, 1))
      }
      plan.columns += 1
    case .noWeight:
      plan.weight = plan.rows.map { _ in 1 }
      plan.weight?[row] = 0
    case .unsorted: if !plan.isDense { plan.rows[row].shuffle(using: &generator) }
    case .notANumber, .infinity:
      guard isFloat else { return }
      plan.rows[row][place].value = oddity == .infinity ? generator.pick([1, -1]) * .infinity : .nan
      plan.error = (.featureValue, data, stored)
    case .target:
      plan.y[row] = generator.pick([.nan, .infinity, 1e39])
      plan.error = (.target, "y", row)
    case .weight:
      plan.weight = plan.rows.map { _ in 1 }
      plan.weight?[row] = generator.pick([-1, .nan, .infinity])
      plan.error = (.importance, "weight", row)
    case .repeated:
      guard !plan.isDense, place > 0 else { return }
      plan.rows[row][place].column = plan.rows[row][generator.below(place)].column
      plan.error = (.duplicateField, "indices", stored)
    case .beyond:
      guard !plan.isDense else { return }
      plan.rows[row][place].column = plan.indexType == "u4" ? 4_294_967_295 : generator.pick([-1, plan.columns])
      plan.error = (.brokenArrays, "indices", stored)
    }
  }

  /// Builds the rows one by one, as they should come to be.
  private func batch(_ plan: Plan, _ dictionary: inout FeatureSpace) -> SampleBatch {
    var batch = SampleBatch()
    for (number, row) in plan.rows.enumerated() {
      let weight = plan.weight?[number] ?? 1
      if weight == 0 {
        batch.unlearned += 1
        continue
      }
      for (column, value) in row {
        batch.append(feature: dictionary.intern("\(column)"), value: Float(value))
      }
      batch.endRow(target: plan.y[number], importance: weight)
    }
    return batch
  }

  @Test(arguments: UInt64(1)...12, [FeatureSpace.Kind.dictionary, .indexed(width: 1000)])
  func arraysAreRowsBuiltOneByOne(_ seed: UInt64, _ kind: FeatureSpace.Kind) throws {
    var generator = SeededGenerator(seed: seed)
    let (bench, oracle) = (Workbench(space: FeatureSpace(kind)), Workbench(space: FeatureSpace(kind)))
    if seed % 2 == 0, kind == .dictionary {
      // Columns whose features are not neighbours in their order.
      for bench in [bench, oracle] { try bench.learn(#"{"y": 1, "x": {"3": 1, "other": 2, "0": 1}}"#) }
    }
    let widths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 700]
    for round in 0..<250 {
      let oddity = generator.below(2) == 0 ? .none : generator.pick(Oddity.allCases)
      let plan = plan(oddity, width: generator.pick(widths), using: &generator)
      var context: String { "seed \(seed), \(kind), round \(round), \(oddity), \(plan)" }
      if let expected = plan.error {
        let before = ModelBits(bench.model)
        let error = #expect(throws: SampleError.self) { try bench.decode(frames: plan.message.frames) }
        #expect(error?.reason == expected.reason, "\(context)")
        let place = expected.position * plan.size(expected.array)
        #expect(error?.position == place, "\(context)")
        let frame = plan.frame(expected.array) + 1
        #expect(error?.message.hasSuffix("(byte \(place + 1) of frame \(frame))") == true, "\(context)")
        #expect(bench.batch.isEmpty && ModelBits(bench.model) == before, "\(context)")
        continue
      }
      try bench.learn(frames: plan.message.frames)
      oracle.batch = batch(plan, &oracle.model.space)
      oracle.model.learn(oracle.batch)
      #expect(bench.batch.features == oracle.batch.features, "\(context)")
      #expect(bench.batch.values.map(\.bitPattern) == oracle.batch.values.map(\.bitPattern), "\(context)")
      #expect(bench.batch.rowEnds == oracle.batch.rowEnds, "\(context)")
      #expect(bench.batch.targets == oracle.batch.targets, "\(context)")
      #expect(bench.batch.importances == oracle.batch.importances, "\(context)")
      #expect(bench.batch.unlearned == oracle.batch.unlearned, "\(context)")
      if round % 10 == 0 { #expect(ModelBits(bench.model) == ModelBits(oracle.model), "\(context)") }
    }
    #expect(ModelBits(bench.model) == ModelBits(oracle.model), "seed \(seed), \(kind)")
  }

  /// Columns may be fewer than the message says there are, or names of columns too long.
  @Test func columnsBeyondWhatTheModelHas() throws {
    let fits = ArrayMessage.sparse([[(0, 1), (9, 2)], [(3, 1)]], columns: 20, y: [1, 2])
    let exceeds = ArrayMessage.sparse([[(0, 1), (10, 2)], [(3, 1)]], columns: 20, y: [1, 2])
    let bench = Workbench(space: FeatureSpace(.indexed(width: 10)))
    try bench.learn(frames: fits.frames)
    #expect(bench.batch.features == [0, 9, 3])
    let before = ModelBits(bench.model)
    let error = #expect(throws: SampleError.self) { try bench.decode(frames: exceeds.frames) }
    #expect(error?.message.contains("10") == true, "\(error?.message ?? "")")
    #expect(bench.batch.isEmpty && ModelBits(bench.model) == before)
    var limits = SampleLimits()
    limits.nameBytes = 1
    let short = Workbench(limits: limits, space: FeatureSpace(.indexed(width: 1000)))
    let first = #expect(throws: SampleError.self) { try short.decode(frames: exceeds.frames) }
    #expect(first?.reason == .limit && first?.message.contains("limits.name_bytes") == true, "\(first?.message ?? "")")
  }

  @Test
  func messagesLargerThanAnyPiece() throws {
    var generator = SeededGenerator(seed: 0xB16)
    let (bench, oracle) = (Workbench(), Workbench())
    for isDense in [true, false, true, false] {
      var plan = Plan()
      (plan.isDense, plan.columns) = (isDense, 37)
      plan.rows = (0..<400).map { _ in
        (0..<37).filter { _ in isDense || generator.below(2) == 0 }.map { ($0, value("f4", using: &generator)) }
      }
      plan.y = plan.rows.map { _ in generator.uniform(-3..<3) }
      try bench.learn(frames: plan.message.frames)
      oracle.model.learn(batch(plan, &oracle.model.space))
      #expect(ModelBits(bench.model) == ModelBits(oracle.model))
      // The last of all numbers is looked at, too.
      for row in [0, 200, 399] where !plan.rows[row].isEmpty {
        var broken = plan
        broken.rows[row][broken.rows[row].count - 1].value = .infinity
        let error = #expect(throws: SampleError.self) { try bench.decode(frames: broken.message.frames) }
        #expect(error?.position == 4 * (plan.rows[...row].reduce(0) { $0 + $1.count } - 1))
      }
    }
  }

  @Test(arguments: [
    (ends: [1, 2, 3] as [Int32], position: 0), ([0, 3, 2], 8), ([0, 4, 3], 4), ([0, 1, 2], 8), ([0, -1, 3], 4),
  ])
  func rowsThatDoNotFollowEachOther(_ ends: [Int32], _ position: Int) {
    var message = ArrayMessage.sparse([[(0, 1), (2, 2)], [(1, 3)]], columns: 3, y: [1, 2])
    message.buffers[2] = ArrayMessage.bytes(ends)
    let error = #expect(throws: SampleError.self) { try Workbench().decode(frames: message.frames) }
    #expect(error?.position == position)
    #expect(error?.message.hasSuffix("(byte \(position + 1) of frame 4)") == true, "\(error?.message ?? "")")
  }

  @Test
  func headerThatIsNoJSONHasAPlace() {
    let error = #expect(throws: SampleError.self) {
      try Workbench().decode(frames: [Array(#"{"x": {"dtype": nul}}"#.utf8), []], format: .arrays)
    }
    #expect(error?.message.hasPrefix("frame 1, the header") == true && error?.position != nil)
  }
}
