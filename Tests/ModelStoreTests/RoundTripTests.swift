import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// What comes back from a file is the model that went in, to the bit, and it goes on learning as that one would have.
struct RoundTripTests {
  @Test(arguments: 0..<80 as Range<UInt64>)
  func restoredModelIsTheSameAtEveryCut(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let stream = RandomStream(seed: seed, messages: 24)
    let (uninterrupted, before) = stream.learn()
    for (cut, snapshot) in before.enumerated() {
      let file = try directory.write(try Checkpoint(snapshot, time: 1.5).encoded(), to: "model")
      let restored = try Checkpoint(file: file)
      #expect(restored.time == 1.5)
      var model = restored.model
      #expect(ModelBits(model) == ModelBits(snapshot), "seed \(seed), cut \(cut)")
      for message in stream.messages[cut...] { model.learn(message) }
      #expect(ModelBits(model) == ModelBits(uninterrupted), "seed \(seed), continued from cut \(cut)")
    }
  }

  /// The same for every feature space, and for a dictionary that is full and forgets.
  @Test(arguments: ["dictionary", "full", "hashed", "indexed"], 100..<110 as Range<UInt64>)
  func restoredSpaceIsTheSameAtEveryCut(space: String, seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    var random = SeededGenerator(seed: seed)
    var configuration = RandomStream(seed: seed, messages: 0).configuration
    configuration.loss = .squared
    configuration.penalty.l1 = 0.3
    let limit = space == "full" ? 24 : 1000
    let messages = (0..<60).map { _ in
      (0..<1 + random.below(3)).map { _ in
        (names: Set((0..<1 + random.below(4)).map { _ in random.below(90) }).sorted(), target: random.uniform(-5..<5))
      }
    }
    let kind: FeatureSpace.Kind =
      switch space {
      case "hashed": .hashed(bits: 5)
      case "indexed": .indexed(width: 90)
      default: .dictionary
      }
    var forgotten = 0
    func learn(_ message: [(names: [Int], target: Double)], _ model: inout Model) {
      var batch = SampleBatch()
      for sample in message {
        var seen: Set<UInt32> = []
        for number in sample.names {
          let prefix = space == "indexed" ? "" : number % 3 == 0 ? "a name of many bytes " : "n"
          let name = "\(prefix)\(number)"
          let utf8 = Array(name.utf8)
          let index = model.space.intern(utf8.span, limit: 2 * limit)
          if let index, seen.insert(index).inserted { batch.append(feature: index, value: Float(1 + number % 4)) }
        }
        batch.endRow(target: sample.target, importance: 1)
      }
      forgotten += model.makeRoom(for: &batch, limit: limit, keeping: DelayedSamples(.init())).forgotten
      model.learn(batch)
    }
    var uninterrupted = Model(configuration, FeatureSpace(kind, keepingNames: 4))
    var before: [Model] = []
    for message in messages {
      before.append(uninterrupted)
      learn(message, &uninterrupted)
    }
    if space == "full" { #expect(uninterrupted.space.featureCount <= limit) }
    let forgottenByThen = forgotten
    for cut in stride(from: 0, to: before.count, by: 5) {
      let file = try directory.write(
        try Checkpoint(before[cut], time: 1).encoded(), to: "model")
      var model = try Checkpoint(file: file).model
      #expect(ModelBits(model) == ModelBits(before[cut]), "\(space), seed \(seed), cut \(cut)")
      for message in messages[cut...] { learn(message, &model) }
      #expect(ModelBits(model) == ModelBits(uninterrupted), "\(space), seed \(seed), continued from cut \(cut)")
    }
    #expect(space != "full" || forgottenByThen > 0, "seed \(seed) should reach what it is there for")
  }

  /// The seeds above must reach what they are there for.
  @Test func randomStreamsAreVaried() {
    let configurations = (0..<80).map { RandomStream(seed: $0, messages: 0).configuration }
    #expect(configurations.allSatisfy { $0.contradiction == nil })
    for loss in Loss.allCases {
      for update in LearningRate.Update.allCases {
        #expect(configurations.contains { $0.loss == loss && $0.update == update })
      }
    }
    for schedule in LearningRate.Schedule.allCases {
      #expect(configurations.contains { $0.schedule == schedule && $0.penalty.period == 1 })
      #expect(configurations.contains { $0.schedule == schedule && $0.penalty.period > 1 })
    }
    for optimizer in Optimizer.allCases {
      let penalties = configurations.filter { $0.optimizer == optimizer }.map(\.penalty).filter { !$0.isNone }
      for penalize in Penalty.Penalize.allCases { #expect(penalties.contains { $0.penalize == penalize }) }
      for hasFactors in [false, true] { #expect(penalties.contains { $0.factors.isEmpty != hasFactors }) }
    }
    for start in [0, 20] { #expect(configurations.contains { $0.averagingStart == start && !$0.penalty.isNone }) }
    #expect(configurations.contains { $0.penalty.threshold != nil && $0.penalty.period > 1 && $0.penalty.l1 > 0 })
    #expect(configurations.contains { $0.penalty.isNone })
  }

  @Test(arguments: [0, 1, 5000])
  func everyNumberOfFeatures(count: Int) throws {
    let directory = try TemporaryDirectory()
    var model = Model(LearnerConfiguration(penalty: Penalty(l1: 0.1, l2: 0.1, period: 3)))
    model.learn([
      RandomStream.Sample(
        features: (0..<count).map { ("feature-\($0)", Float($0 % 7)) }, target: 3, importance: 1)
    ])
    let file = try directory.write(try Checkpoint(model, time: 0).encoded(), to: "model")
    #expect(ModelBits(try Checkpoint(file: file).model) == ModelBits(model))
    #expect(model.space.count == count)
  }

  /// Names that were made known but not yet learned are zero, and learning them later is as if nothing had happened.
  @Test func namesThatTheLearnerHasNotMet() throws {
    let directory = try TemporaryDirectory()
    var model = Model(LearnerConfiguration(penalty: Penalty(l1: 0.01, l2: 0.01, period: 4)))
    let sample = RandomStream.Sample(features: [("known", 1), ("too", 2)], target: 1, importance: 1)
    model.learn([sample])
    model.space.intern("new")
    let file = try directory.write(try Checkpoint(model, time: 0).encoded(), to: "model")
    var restored = try Checkpoint(file: file).model
    #expect(restored.learner.count == 3)
    #expect(restored.learner.coefficient(2) == 0)
    let later = RandomStream.Sample(features: [("new", 1), ("known", 2)], target: 1, importance: 1)
    for _ in 0..<10 {
      restored.learn([sample, later])
      model.learn([sample, later])
    }
    #expect(restored.learner.coefficients() == model.learner.coefficients())
    #expect(restored.validation == model.validation)
  }

  @Test func numbersAtTheEdgeOfTheirRange() throws {
    let directory = try TemporaryDirectory()
    for value in [Float.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0, 1e-30] {
      var model = Model(LearnerConfiguration(learningRate: LearningRate(schedule: .constant, initial: 1)))
      for target in [Double(Float.greatestFiniteMagnitude), -1e38, 0, .leastNonzeroMagnitude] {
        model.learn([RandomStream.Sample(features: [("a", value), ("b", 1)], target: target, importance: 3e38)])
      }
      let file = try directory.write(try Checkpoint(model, time: 0).encoded(), to: "model")
      #expect(ModelBits(try Checkpoint(file: file).model) == ModelBits(model), "value \(value)")
    }
  }

  /// Equal models give equal files, whatever the dictionary's hash seed.
  @Test func encodingIsDeterministic() throws {
    let stream = RandomStream(seed: 7, messages: 30)
    let files = try (0..<2).map { _ in try Checkpoint(stream.learn().model, time: 12.25).encoded() }
    #expect(files[0] == files[1])
  }
}
