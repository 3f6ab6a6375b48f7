import TestSupport
import Testing

@testable import OnlineLearning

/// A dictionary that is full, against a list of names that is kept by hand.
struct ModelRoomTests {
  /// What is known of a feature: by a learner that never forgets, and by hand.
  private struct Known {
    var name: String
    var lastSeen: UInt64
  }

  private func indices(_ names: [String], in space: inout FeatureSpace, limit: Int) -> [UInt32] {
    names.map { name in
      let utf8 = Array(name.utf8)
      return space.intern(utf8.span, limit: limit) ?? FeatureSpace.unknown
    }
  }

  /// Learns one sample as the daemon does.
  @discardableResult
  private func learn(
    _ names: [String], _ target: Double, _ model: inout Model, limit: Int, keeping: DelayedSamples? = nil
  ) -> Model.Room {
    var batch = SampleBatch()
    for (name, index) in zip(names, indices(names, in: &model.space, limit: 2 * limit)) {
      #expect(index != FeatureSpace.unknown, "\(name)")
      batch.append(feature: index, value: 1)
    }
    batch.endRow(target: target, importance: 1)
    let room = model.makeRoom(for: &batch, limit: limit, keeping: keeping ?? DelayedSamples(.init()))
    model.learn(batch)
    return room
  }

  private func names(_ model: Model) -> Set<String> {
    Set((0..<model.space.count).filter { model.space.isListed($0, value: 0) }.map { model.space.name(at: $0) })
  }

  private static let configurations: [LearnerConfiguration] = [Optimizer.sgd, .adagrad, .normalized, .ftrl].map {
    LearnerConfiguration(
      optimizer: $0, learningRate: LearningRate(initial: $0 == .sgd ? 0.05 : 0.3), penalty: Penalty(l1: 0.3))
  }

  /// The law: what goes has a weight of zero and was not seen for longest, what is active stays, and there are never more
  /// than the limit. A model that knows them all from the beginning says which weights are zero, as long as no feature
  /// comes back.
  @Test(arguments: configurations, UInt64(1)...4)
  func whatIsZeroAndLongUnseenGoes(_ configuration: LearnerConfiguration, _ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let limit = 40
    var model = Model(configuration)
    var seen: [String: UInt64] = [:]
    var forgotten = 0
    for step in 1...400 {
      let number = random.below(4)
      let fixed = "fixed \(number)"
      let fleeting = "fleeting \(step)"
      let before = names(model)
      let weights = before.reduce(into: [:]) { $0[$1] = model.learner.coefficient(Int(model.space.index(of: $1)!)) }
      let room = learn([fixed, fleeting], number < 2 ? 4 : -4, &model, limit: limit)
      let after = names(model)
      #expect(after.count <= limit, "step \(step) seed=\(seed)")
      #expect(room.refused == 0 && after.contains(fleeting) && after.contains(fixed), "step \(step) seed=\(seed)")
      let gone = before.subtracting(after)
      #expect(gone.count == room.forgotten)
      for name in gone {
        #expect(weights[name] == 0 && name != fixed, "\(name) step \(step) seed=\(seed)")
        // Nothing that could have gone instead was seen less lately.
        for stays in after.intersection(before) where weights[stays] == 0 && stays != fixed {
          #expect(seen[stays]! >= seen[name]!, "\(stays) stays for \(name), step \(step) seed=\(seed)")
        }
      }
      forgotten += gone.count
      (seen[fixed], seen[fleeting]) = (UInt64(step), UInt64(step))
    }
    // Fleeting ones come 400 times, and at most forty are left.
    #expect(forgotten > 300, "seed=\(seed)")
    #expect((0..<4).allSatisfy { model.learner.coefficient(Int(model.space.index(of: "fixed \($0)")!)) != 0 })
  }

  /// While nothing can go, new features are left out, and the model learns the others as if they had not been there.
  @Test func newFeaturesAreRefusedWhenNoneCanGo() {
    let configuration = LearnerConfiguration(learningRate: LearningRate(initial: 0.1), penalty: Penalty())
    var (model, without) = (Model(configuration), Model(configuration))
    for step in 0..<100 {
      let known = ["a", "b", "c"][step % 3]
      let new = step < 3 ? [] : ["new \(step)"]
      let room = learn([known] + new, 3, &model, limit: 3)
      learn([known], 3, &without, limit: 100)
      #expect(room.refused == new.count && room.forgotten == 0)
    }
    #expect(names(model) == ["a", "b", "c"])
    #expect(model.learner.coefficients() == without.learner.coefficients())
    #expect(model.space.index(of: "new 50") == nil)
  }

  /// A feature that was forgotten comes back as a new one.
  @Test func whatWasForgottenBeginsAnew() {
    let configuration = LearnerConfiguration(
      optimizer: .adagrad, learningRate: LearningRate(initial: 0.1), penalty: Penalty(l1: 1))
    var model = Model(configuration)
    var fresh = Model(configuration)
    for name in ["a", "b", "c", "d"] { learn([name], 1, &model, limit: 4) }
    for _ in 0..<40 { learn([], 0, &model, limit: 4) }
    #expect(learn(["e"], 1, &model, limit: 4).forgotten == 1 && names(model) == ["b", "c", "d", "e"])
    #expect(model.space.index(of: "a") == nil && model.space.index(of: "e") == 0)
    // It has no trace of the gradients of the one before.
    for _ in 0..<44 { learn([], 0, &fresh, limit: 4) }
    learn(["e"], 1, &fresh, limit: 4)
    #expect(model.learner.column(.sums) != nil)
    guard case .float64(let sums) = model.learner.column(.sums),
      case .float64(let expected) = fresh.learner.column(.sums)
    else { return }
    #expect(abs(sums[0] - expected[0]) < 0.1 * expected[0])
  }

  /// While the mean of a weight is not zero, the feature is active, and what is predicted rests on it.
  @Test func meansKeepTheirFeatures() {
    let configuration = LearnerConfiguration(
      learningRate: LearningRate(schedule: .constant, initial: 0.1), averagingStart: 0, penalty: Penalty(l1: 1))
    var model = Model(configuration)
    // Predicted rightly, they have no weight.
    for name in ["b", "c"] { learn([name], 0, &model, limit: 3) }
    for _ in 0..<5 { learn(["a"], 10, &model, limit: 3) }
    // Nothing but gravity acts on it from here on.
    for _ in 0..<100 { learn([], 0, &model, limit: 3) }
    let (a, b) = (Int(model.space.index(of: "a")!), Int(model.space.index(of: "b")!))
    #expect(model.learner.weight(a) == 0 && model.learner.coefficient(a) != 0 && model.learner.coefficient(b) == 0)
    #expect(learn(["d"], 0, &model, limit: 3).forgotten == 1)
    #expect(names(model) == ["a", "c", "d"])
    #expect(learn(["e"], 0, &model, limit: 3).forgotten == 1)
    #expect(names(model) == ["a", "d", "e"])
  }

  /// Rows that were here before leave no names, whatever the others have.
  @Test(arguments: UInt64(21)...28)
  func rowsThatAreTakenOutLeaveNoNames(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let configuration = LearnerConfiguration(learningRate: LearningRate(initial: 0.1), penalty: Penalty(l1: 0.01))
    var (model, without) = (Model(configuration), Model(configuration))
    for step in 0..<200 {
      let rows = (0..<1 + random.below(4)).map { _ in
        Array(Set((0..<random.below(5)).map { _ in "a name of many \(random.below(200))" })).sorted()
      }
      let removed = rows.indices.filter { _ in random.below(2) == 0 }
      func batch(_ rows: [[String]], _ model: inout Model) -> SampleBatch {
        var batch = SampleBatch()
        for row in rows {
          for index in indices(row, in: &model.space, limit: 1 << 20) { batch.append(feature: index, value: 1) }
          batch.endRow(target: Double(row.count), importance: 1)
        }
        return batch
      }
      var whole = batch(rows, &model)
      whole.removeRows(removed)
      model.forgetUnusedNames(for: &whole)
      model.learn(whole)
      without.learn(batch(rows.indices.filter { !removed.contains($0) }.map { rows[$0] }, &without))
      let areEqual = ModelBits(model) == ModelBits(without)
      #expect(areEqual, "step \(step) seed=\(seed)")
    }
  }

  /// A limit that is lower than what the model knows lets new features have the places of old ones.
  @Test func lowerLimitKeepsWhatIsThere() {
    let configuration = LearnerConfiguration(
      learningRate: LearningRate(schedule: .constant, initial: 0.1), penalty: Penalty(l1: 1))
    var model = Model(configuration)
    for step in 0..<50 { learn(["n\(step)"], 0.1, &model, limit: 50) }
    var forgotten = 0
    for step in 0..<300 {
      var batch = SampleBatch()
      batch.append(feature: indices(["m\(step)"], in: &model.space, limit: 1 << 20)[0], value: 1)
      batch.endRow(target: 0.1, importance: 1)
      let room = model.makeRoom(for: &batch, limit: 7, keeping: DelayedSamples(.init()))
      model.learn(batch)
      forgotten += room.forgotten
      #expect(room.refused == 0 && model.space.count == 50 && model.learner.count == 50, "step \(step)")
      #expect(model.space.index(of: "m\(step)") != nil, "step \(step)")
    }
    #expect(forgotten >= 300)
  }

  /// The model goes on with its dictionary under another configuration: its vacancies, and what was seen when.
  @Test func reconfiguredModelsMakeRoomAlike() throws {
    let factors = [PenaltyFactor("free*", 0)!]
    func configuration(_ optimizer: Optimizer, _ l1: Double) -> LearnerConfiguration {
      LearnerConfiguration(
        optimizer: optimizer, learningRate: LearningRate(initial: 0.3), penalty: Penalty(l1: l1, factors: factors))
    }
    for (before, after) in [(Optimizer.adagrad, Optimizer.ftrl), (.ftrl, .normalized), (.normalized, .sgd)] {
      var model = Model(configuration(before, 0.3))
      for step in 0..<100 { learn(["n\(step)", "free \(step % 2)"], 1, &model, limit: 40) }
      #expect(model.space.featureCount < model.space.count, "there should be vacancies")
      model = model.reconfigured(configuration(after, 0.4))
      for step in 100..<300 {
        let room = learn(["n\(step)", "free \(step % 2)"], 1, &model, limit: 40)
        #expect(room.refused == 0 && model.space.featureCount <= 40, "step \(step), \(before) to \(after)")
      }
      for name in ["free 0", "free 1"] {
        let index = try #require(model.space.index(of: name))
        #expect(model.learner.coefficient(Int(index)) != 0, "\(name), \(before) to \(after)")
      }
    }
  }

  /// What waits for its target keeps its features.
  @Test func delayedSamplesKeepTheirFeatures() {
    let configuration = LearnerConfiguration(learningRate: LearningRate(initial: 0.1), penalty: Penalty(l1: 10))
    var model = Model(configuration)
    for name in ["a", "b", "c", "d"] { learn([name], 1, &model, limit: 4) }
    var delayed = DelayedSamples(.init())
    var batch = SampleBatch()
    batch.append(feature: model.space.index(of: "a")!, value: 1)
    batch.endRow(target: .nan, importance: 1)
    delayed.keep(0, of: batch, id: [1], margin: 0, at: 0)
    #expect(learn(["e"], 1, &model, limit: 4, keeping: delayed).forgotten == 1)
    #expect(names(model) == ["a", "c", "d", "e"])
    #expect(delayed.take([1], at: 0) != nil)
    #expect(learn(["f"], 1, &model, limit: 4, keeping: delayed).forgotten == 1)
    #expect(names(model) == ["c", "d", "e", "f"])
  }

  /// Whatever comes and goes, every name leads to its own weight: names against a plain dictionary.
  @Test(arguments: UInt64(11)...18)
  func namesSurviveComingAndGoing(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var model = Model(
      LearnerConfiguration(learningRate: LearningRate(schedule: .constant, initial: 0.5), penalty: Penalty(l1: 0.2)))
    let limit = 60
    for step in 0..<1500 {
      let drawn = Set(
        (0..<random.below(12)).map { _ in
          String(repeating: random.pick(["x", "yy"]), count: random.below(12)) + "\(random.below(300))"
        })
      learn(drawn.sorted(), Double(random.below(3)) - 1, &model, limit: limit)
      let listed = (0..<model.space.count).filter { model.space.isListed($0, value: 0) }
      #expect(listed.count <= limit && model.space.featureCount == listed.count, "step \(step) seed=\(seed)")
      for index in listed {
        #expect(model.space.index(of: model.space.name(at: index)) == UInt32(index), "step \(step) seed=\(seed)")
      }
      // A message that is not accepted takes its names with it.
      let before = model.space.names
      _ = indices(["never \(step)", "a name that is longer than others \(step)"], in: &model.space, limit: 2 * limit)
      model.space.truncate(to: model.learner.count)
      #expect(model.space.names == before, "step \(step) seed=\(seed)")
      if step % 100 == 7 {
        let copy = try #require(
          FeatureSpace(
            model.space.state, names: model.space.names, lastSeen: model.space.lastSeenSteps, keepingNames: 0))
        #expect(copy.names == before && copy.featureCount == listed.count)
        // Restored = never stopped.
        model = Model(copy, learner: model.learner, validation: model.validation)
      }
    }
  }

  /// Factors of the penalty follow the names, not the indices.
  @Test func factorsFollowNames() {
    var model = Model(
      LearnerConfiguration(
        learningRate: LearningRate(schedule: .constant, initial: 0.5),
        penalty: Penalty(l1: 0.2, factors: [PenaltyFactor("free*", 0)!])))
    for step in 0..<50 { learn(["n\(step)"], 0.1, &model, limit: 5) }
    learn(["free 1"], 1, &model, limit: 5)
    for step in 0..<200 { learn(["m\(step % 3)"], 0, &model, limit: 5) }
    // Never penalized, it keeps its weight; a feature in the place of a penalized one that went would lose it.
    #expect(model.learner.coefficient(Int(model.space.index(of: "free 1")!)) > 0.3)
  }
}
