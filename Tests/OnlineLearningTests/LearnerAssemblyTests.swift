import OnlineLearning
import TestSupport
import Testing

/// Learners put together from pieces of their columns.
struct LearnerAssemblyTests {
  private static let count = 100
  private static let cuts = [0, 40, 41, count]

  private static func configuration(_ optimizer: Optimizer, isScaled: Bool) -> LearnerConfiguration {
    var configuration = LearnerConfiguration(optimizer: optimizer, penalty: Penalty(l1: 0.01, l2: 0.01))
    if isScaled { configuration.penalty.penalize = .scaled }
    return configuration
  }

  /// One that has learned.
  private static func learner(_ configuration: LearnerConfiguration) -> LinearLearner {
    var random = SeededGenerator(seed: 11)
    var batch = SampleBatch()
    for _ in 0..<50 {
      for _ in 0..<5 { batch.append(feature: UInt32(random.below(count)), value: Float(random.normal())) }
      batch.endRow(target: random.normal(), importance: 1)
    }
    var learner = LinearLearner(configuration)
    learner.grow(to: count)
    learner.learn(batch) { _, _ in }
    return learner
  }

  /// Places a range of a learner's features.
  private static func place(_ range: Range<Int>, of learner: LinearLearner, _ assembly: LearnerAssembly) -> Bool {
    let columns = LinearLearner.columns(of: learner.configuration)
    let memory = columns.map { column in
      UnsafeMutableRawBufferPointer.allocate(byteCount: range.count * (column.kind == .float64 ? 8 : 4), alignment: 8)
    }
    defer { for bytes in memory { bytes.deallocate() } }
    for (column, bytes) in zip(columns, memory) { learner.copy(column, range, into: bytes) }
    return assembly.place(
      Dictionary(uniqueKeysWithValues: zip(columns, memory.map { UnsafeRawBufferPointer($0) })), at: range.lowerBound)
  }

  private static let pieces = zip(cuts, cuts.dropFirst()).map { $0..<$1 }

  @Test(arguments: Optimizer.allCases, [false, true])
  func piecesInAnyOrderMakeTheWhole(_ optimizer: Optimizer, isScaled: Bool) throws {
    let whole = Self.learner(Self.configuration(optimizer, isScaled: isScaled))
    let made = LinearLearner(whole.configuration, state: whole.state, count: Self.count) { assembly in
      Self.pieces.reversed().allSatisfy { Self.place($0, of: whole, assembly) }
    }
    let learner = try #require(made)
    for column in LinearLearner.columns(of: whole.configuration) {
      #expect(learner.column(column) == whole.column(column), "\(column)")
    }
    #expect(learner.coefficients() == whole.coefficients() && learner.coefficients().contains { $0 != 0 })
  }

  @Test(arguments: Optimizer.allCases, [false, true])
  func whatIsLeftOutIsMissed(_ optimizer: Optimizer, isScaled: Bool) {
    let whole = Self.learner(Self.configuration(optimizer, isScaled: isScaled))
    let made = LinearLearner(whole.configuration, state: whole.state, count: Self.count) { assembly in
      Self.pieces.dropLast().allSatisfy { Self.place($0, of: whole, assembly) }
    }
    #expect(made == nil)
  }

  @Test(arguments: Optimizer.allCases)
  func featuresBeyondTheLastAreRefused(_ optimizer: Optimizer) {
    let whole = Self.learner(Self.configuration(optimizer, isScaled: false))
    var answers: [Bool] = []
    let made = LinearLearner(whole.configuration, state: whole.state, count: Self.count - 1) { assembly in
      answers = [Self.place(0..<40, of: whole, assembly), Self.place(40..<Self.count, of: whole, assembly)]
      return true
    }
    #expect(answers == [true, false] && made == nil)
  }

  private struct Interruption: Error {}

  @Test(arguments: Optimizer.allCases, [false, true])
  func errorsComeThrough(_ optimizer: Optimizer, isScaled: Bool) {
    let whole = Self.learner(Self.configuration(optimizer, isScaled: isScaled))
    #expect(throws: Interruption.self) {
      _ = try LinearLearner(whole.configuration, state: whole.state, count: Self.count) { _ in throw Interruption() }
    }
  }
}
