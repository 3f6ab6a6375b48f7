import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// Samples that wait for their targets wait on after a restart, and are learned then as if nothing had happened.
struct DelayedRoundTripTests {
  private enum Record {
    /// A sample whose target comes later, or a whole one where there is a target.
    case sample(id: Int, features: [Int], target: Double)
    case target(id: Int, Double)
  }

  /// What a daemon does with samples, in small.
  private struct Learner {
    var model: Model
    var delayed: DelayedSamples
    var forgotten = 0

    mutating func learn(_ record: Record, at time: Double) {
      var batch = SampleBatch()
      var margins: [Double] = []
      switch record {
      case .sample(let id, let features, let target):
        for feature in features {
          batch.append(feature: model.space.intern("n\(feature)"), value: Float(1 + feature % 4))
        }
        batch.endRow(target: target, importance: Double(1 + id % 3))
        forgotten += model.makeRoom(for: &batch, limit: 24, keeping: delayed).forgotten
        if target.isNaN {
          model.learn(SampleBatch(), given: [], margins: &margins)
          delayed.keep(0, of: batch, id: Learner.id(id), margin: model.margin(of: 0, in: batch), at: time)
        } else {
          model.learn(batch, given: [.nan], margins: &margins)
        }
      case .target(let id, let target):
        guard let sample = delayed.take(Learner.id(id), at: time) else { return }
        batch.append(sample, target: target, importance: 1)
        model.learn(batch, given: [sample.margin], margins: &margins)
      }
    }

    /// Ids of any bytes, one without any.
    private static func id(_ number: Int) -> ArraySlice<UInt8> {
      number == 0 ? [] : Array(repeating: UInt8(truncatingIfNeeded: 150 + number), count: 1 + number % 5)[...]
    }
  }

  /// Few features, so that those of waiting samples are in the way when a full dictionary makes room.
  private static func records(_ random: inout SeededGenerator) -> [Record] {
    (0..<240).map { _ in
      let id = random.below(40)
      if random.below(3) == 0 { return .target(id: id, random.uniform(-5..<5)) }
      let features = Set((0..<1 + random.below(3)).map { _ in random.below(70) }).sorted()
      return .sample(id: id, features: features, target: random.below(3) == 0 ? .nan : random.uniform(-5..<5))
    }
  }

  @Test(arguments: 0..<24 as Range<UInt64>)
  func restoredIsNeverStopped(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    var random = SeededGenerator(seed: seed)
    let configuration = LearnerConfiguration(
      optimizer: random.pick([.sgd, .adagrad]), learningRate: LearningRate(schedule: .constant, initial: 0.1),
      penalty: Penalty(l1: 0.3))
    let bounds = DelayedSamples.Bounds(samples: random.pick([3, 8, 1000]), age: random.pick([20, 1e9]))
    let records = DelayedRoundTripTests.records(&random)
    // The clock of the daemon before may be ahead of or behind what it is measured by here.
    let start = random.pick([0, -1e9, 1.7e9])
    var uninterrupted = Learner(model: Model(configuration), delayed: DelayedSamples(bounds))
    var before: [Learner] = []
    for (number, record) in records.enumerated() {
      before.append(uninterrupted)
      uninterrupted.learn(record, at: start + Double(number))
    }
    #expect(uninterrupted.forgotten > 0 && uninterrupted.delayed.counts.matched > 0, "seed \(seed)")
    #expect(before.contains { $0.delayed.count >= 3 }, "seed \(seed) should reach what it is there for")
    for cut in stride(from: 0, to: before.count, by: 9) {
      let comment: Comment = "seed \(seed), cut \(cut)"
      let saved = Checkpoint(
        before[cut].model, delayed: before[cut].delayed, position: UInt64(cut) << 40, time: 1)
      let restored = try Checkpoint(file: directory.write(try saved.encoded(), to: "model"))
      #expect(restored.position == UInt64(cut) << 40)
      #expect(restored.delayed.columns == before[cut].delayed.columns, comment)
      #expect(restored.delayed.counts == before[cut].delayed.counts, comment)
      var learner = Learner(model: restored.model, delayed: restored.delayed.under(bounds))
      #expect(learner.delayed.columns == before[cut].delayed.columns, "all are within today's bounds")
      for (number, record) in records.enumerated().dropFirst(cut) {
        learner.learn(record, at: start + Double(number))
      }
      #expect(ModelBits(learner.model) == ModelBits(uninterrupted.model), comment)
      #expect(learner.delayed.columns == uninterrupted.delayed.columns, comment)
      #expect(learner.delayed.counts == uninterrupted.delayed.counts, comment)
    }
  }

  /// Of hashed features and of indices too.
  @Test(arguments: [FeatureSpace.Kind.hashed(bits: 5), .indexed(width: 32)])
  func everySpaceHasSamplesThatWait(kind: FeatureSpace.Kind) throws {
    let directory = try TemporaryDirectory()
    var delayed = DelayedSamples(DelayedSamples.Bounds())
    var batch = SampleBatch()
    batch.append(feature: 31, value: 2.5)
    batch.append(feature: 0, value: -1)
    batch.endRow(target: .nan, importance: 7)
    delayed.keep(0, of: batch, id: [1, 2], margin: -0.25, at: 9)
    let checkpoint = Checkpoint(Model(LearnerConfiguration(), FeatureSpace(kind)), delayed: delayed, time: 1)
    var restored = try Checkpoint(file: directory.write(try checkpoint.encoded(), to: "m")).delayed
    let taken = restored.take([1, 2], at: 10)
    let sample = try #require(taken)
    #expect(sample.features == [31, 0] && sample.values == [2.5, -1] && sample.importance == 7)
    #expect(sample.margin == -0.25)
  }

  @Test func whereNoneWaitsThereAreNoTensors() throws {
    let file = try CheckpointFile(Model(LearnerConfiguration()))
    #expect(!file.header.contains("delayed_"))
    #expect(file.header.contains(#""position":"0""#))
  }

  /// Files of before samples were kept.
  @Test func olderFilesHaveNone() throws {
    let directory = try TemporaryDirectory()
    let file = try CheckpointFile.sample().replacing("\"delayed\":", with: "\"-\":")
      .replacing("\"position\":", with: "\"--\":")
    let checkpoint = try Checkpoint(file: directory.write(file.sealed, to: "old"))
    #expect(checkpoint.position == 0 && checkpoint.delayed.count == 0)
    #expect(checkpoint.delayed.counts == DelayedSamples.Counts())
  }
}
