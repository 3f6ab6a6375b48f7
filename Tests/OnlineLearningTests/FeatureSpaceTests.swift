import OnlineLearning
import TestSupport
import Testing

/// Names that are hashed, names that are indices, and what a checkpoint keeps of each.
struct FeatureSpaceTests {
  private func row(_ names: [String]) -> (names: [FeatureName], longNames: [UInt8]) {
    var (row, longNames): ([FeatureName], [UInt8]) = ([], [])
    for name in names {
      let utf8 = Array(name.utf8)
      if utf8.count <= FeatureName.wholeBytes {
        row.append(FeatureName(whole: utf8.span))
      } else {
        row.append(FeatureName(place: longNames.count, count: utf8.count))
        longNames += utf8
      }
    }
    return (row, longNames)
  }

  private func indices(_ names: [String], in space: inout FeatureSpace, limit: Int = 1 << 31) -> [UInt32] {
    let (row, longNames) = row(names)
    var indices = [UInt32](repeating: 0, count: names.count)
    var span = indices.mutableSpan
    space.intern(row.span, longNames: longNames.span, limit: limit, into: &span)
    return indices
  }

  private func found(_ names: [String], in space: FeatureSpace) -> [UInt32] {
    let (row, longNames) = row(names)
    var indices = [UInt32](repeating: 0, count: names.count)
    var span = indices.mutableSpan
    space.find(row.span, longNames: longNames.span, into: &span)
    return indices
  }

  /// Checkpoints rely on it: these numbers must never change.
  @Test func hashesAreForGood() {
    let names = ["a", "sleep", "user^17", "a-name-of-more-than-fifteen-bytes", "größe"]
    let space = FeatureSpace(.hashed(bits: 18))
    #expect(names.map { space.index(of: $0) } == Self.knownHashes)
  }
  private static let knownHashes: [UInt32?] = [54697, 35801, 27705, 64061, 78570]

  @Test(arguments: [1, 10, 18, 30])
  func hashesFillTheirRange(bits: Int) {
    var space = FeatureSpace(.hashed(bits: bits))
    let names = (0..<4096).map { $0.isMultiple(of: 2) ? "n\($0)" : "a name that does not stand in itself \($0)" }
    let indices = indices(names, in: &space)
    #expect(indices == names.map { space.index(of: $0) } && indices == found(names, in: space))
    #expect(indices.allSatisfy { Int($0) < space.count } && space.count == 1 << bits && space.featureCount == 1 << bits)
    // As many as are expected of 4096 balls in 2^bits boxes, within a tenth.
    let boxes = Double(1 << bits)
    let expected = boxes * (1 - (1 - 1 / boxes).power(4096))
    #expect(abs(Double(Set(indices).count) - expected) < expected / 10)
  }

  @Test func indicesAreWholeNumbersBelowTheWidth() {
    var space = FeatureSpace(.indexed(width: 1000))
    #expect(indices(["0", "7", "999", "42"], in: &space) == [0, 7, 999, 42])
    let others = ["1000", "01", "", "-1", "+1", "1.0", "a", "99999999999", "18446744073709551616", "１"]
    #expect(found(others, in: space) == others.map { _ in FeatureSpace.unknown })
    #expect(others.allSatisfy { space.index(of: $0) == nil })
    #expect(space.count == 1000 && space.name(at: 999) == "999")
  }

  @Test func dictionaryTakesNamesUpToTheLimit() {
    var space = FeatureSpace()
    #expect(indices(["a", "b", "c", "a"], in: &space, limit: 2) == [0, 1, FeatureSpace.unknown, 0])
    #expect(indices(["c", "b", "d"], in: &space, limit: 3) == [2, 1, FeatureSpace.unknown])
    #expect(space.featureCount == 3)
  }

  private let configuration = LearnerConfiguration(
    learningRate: LearningRate(schedule: .constant, initial: 0.1), penalty: Penalty())

  /// Ten heavy features among a thousand light ones.
  @Test func heaviestKeepTheirNames() {
    var model = Model(configuration, FeatureSpace(.hashed(bits: 20), keepingNames: 10))
    var random = SeededGenerator(seed: 5)
    for step in 0..<6000 {
      let names = ["heavy \(step % 10)", "light \(random.below(1000))"]
      var batch = SampleBatch()
      let (heavy, light) = (indices(names, in: &model.space)[0], model.space.index(of: names[1])!)
      batch.append(feature: heavy, value: 1)
      batch.append(feature: light, value: 0.01)
      batch.endRow(target: 5 + Double(step % 10), importance: 1)
      model.learn(batch)
    }
    let known = (0..<10).compactMap { number -> String? in
      model.space.index(of: "heavy \(number)").map { model.space.name(at: Int($0)) }
    }
    #expect(known.filter { $0.hasPrefix("heavy") }.count == 10, "\(known)")
    #expect(model.space.names.ends.count <= 20)
    // What has no name says where it stands.
    let unknown = (0..<model.space.count).first { model.space.name(at: $0).hasPrefix("#") }!
    #expect(model.space.name(at: unknown) == "#\(unknown)")
    #expect(!model.space.isListed(unknown, value: 0) && model.space.isListed(unknown, value: 1))
  }

  @Test(arguments: [FeatureSpace.Kind.dictionary, .hashed(bits: 8), .indexed(width: 40)])
  func stateSaysAll(_ kind: FeatureSpace.Kind) throws {
    var model = Model(configuration, FeatureSpace(kind, keepingNames: 20))
    for step in 0..<200 {
      var batch = SampleBatch()
      batch.append(feature: indices(["\(step % 30)"], in: &model.space)[0], value: 1)
      batch.endRow(target: Double(step % 30), importance: 1)
      model.learn(batch)
    }
    let space = try #require(FeatureSpace(model.space.state, names: model.space.names, keepingNames: 20))
    #expect(space.kind == kind && space.count == model.space.count && space.names == model.space.names)
    for index in 0..<space.count { #expect(space.name(at: index) == model.space.name(at: index)) }
    for name in 0..<30 { #expect(space.index(of: "\(name)") == model.space.index(of: "\(name)")) }
  }

  /// A dictionary whose oldest names have been forgotten is what it was, whatever names come and go afterwards.
  @Test(arguments: [1, 63, 64, 65, 5000])
  func vacanciesInFrontOfNamesAreRestored(_ vacancies: Int) throws {
    let known = (0..<300).map { $0.isMultiple(of: 3) ? "n\($0)" : "a name that does not stand in itself \($0)" }
    var names = FeatureSpace.Names(bytes: [], ends: Array(repeating: 0, count: vacancies))
    for name in known {
      names.bytes += Array(name.utf8)
      names.ends.append(names.bytes.count)
    }
    var space = try #require(FeatureSpace(FeatureSpace.State(), names: names, keepingNames: 0))
    #expect(space.names == names && space.featureCount == 300 && space.count == vacancies + 300)
    func areThere(_ known: [String]) -> Bool {
      known.enumerated().allSatisfy { space.index(of: $1) == UInt32(vacancies + $0) }
    }
    #expect(areThere(known))
    let more = (0..<1000).map { "more \($0)" }
    #expect(indices(more, in: &space) == (0..<1000).map { UInt32(vacancies + 300 + $0) })
    #expect(areThere(known + more))
    space.truncate(to: vacancies + 300)
    #expect(space.names == names && areThere(known) && more.allSatisfy { space.index(of: $0) == nil })
  }

  /// At most 48 bytes a feature besides its name and its weight, with the steps at which features were seen.
  @Test(arguments: [200, 1000, 5461, 33_333])
  func memoryOfFeaturesThatWereSeen(_ limit: Int) {
    var model = Model(configuration)
    var largest = 0.0
    // As many again as there may be: from then on none finds room.
    for number in 0..<limit + limit / 10 {
      var batch = SampleBatch()
      batch.append(feature: indices(["f\(number)"], in: &model.space)[0], value: 1)
      batch.endRow(target: 1, importance: 1)
      _ = model.makeRoom(for: &batch, limit: limit, keeping: DelayedSamples(.init()))
      model.learn(batch)
      if number >= 100 { largest = max(largest, Double(model.space.memory) / Double(model.space.featureCount)) }
    }
    #expect(model.space.featureCount == limit && model.space.lastSeenSteps.count == limit)
    #expect(largest <= 48, "\(largest) bytes")
    // What is counted is there: a name takes 16 bytes, a step 8.
    #expect(model.space.memory >= 24 * limit)
  }

  @Test func noNamesAreKeptWhereNoneAreAskedFor() {
    let names = FeatureSpace.Names(bytes: Array("ab".utf8), ends: [1, 2], indices: [3, 15])
    var space = FeatureSpace(FeatureSpace(.hashed(bits: 4)).state, names: names, keepingNames: 2)!
    space.keepNames(1)
    #expect(space.name(at: 3) == "a")
    space.keepNames(0)
    #expect(space.name(at: 3) == "#3" && space.names.ends.isEmpty)
  }

  @Test func stateThatDoesNotFitIsRefused() {
    func space(_ change: (inout FeatureSpace.State, inout FeatureSpace.Names) -> Void) -> FeatureSpace? {
      var state = FeatureSpace(.hashed(bits: 4)).state
      var names = FeatureSpace.Names(bytes: Array("ab".utf8), ends: [1, 2], indices: [3, 15])
      change(&state, &names)
      return FeatureSpace(state, names: names, keepingNames: 5)
    }
    #expect(space { _, _ in } != nil)
    #expect(space { state, _ in state.bits = nil } == nil)
    #expect(space { state, _ in state.bits = 31 } == nil)
    #expect(space { state, _ in state.bits = 0 } == nil)
    #expect(space { state, _ in state.width = 3 } == nil)
    #expect(space { state, _ in state.space = .dictionary } == nil)
    #expect(space { state, _ in state.space = .indexed } == nil)
    #expect(space { _, names in names.indices = nil } == nil)
    #expect(space { _, names in names.indices = [3] } == nil)
    #expect(space { _, names in names.indices = [3, 16] } == nil)
    #expect(space { _, names in names.indices = [3, 3] } == nil)
    #expect(space { _, names in names.ends = [1, 1] } == nil)
    #expect(space { _, names in names.ends = [1, 3] } == nil)
    #expect(space { _, names in names.ends = [2, 1] } == nil)
  }
}

extension Double {
  fileprivate func power(_ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * self }
  }
}
