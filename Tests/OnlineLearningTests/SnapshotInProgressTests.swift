import OnlineLearning
import TestSupport
import Testing

/// A snapshot that is copied while the model goes on learning is what a plain copy was when it was begun, to the bit; and
/// learning does not notice.
@Suite struct SnapshotInProgressTests {
  /// What happens to a model that is fed and copied in a random order.
  private struct Scene {
    var model: Model
    /// The same, but never copied.
    var witness: Model
    var random: SeededGenerator
    private let loss: Loss
    private let names: Int
    private let limit: Int
    private var expected: ModelBits?
    /// How often things happened that a snapshot has to get right.
    var (snapshots, changedSnapshots, forgotten) = (0, 0, 0)

    init(_ configuration: LearnerConfiguration, _ kind: FeatureSpace.Kind, names: Int, limit: Int, seed: UInt64) {
      model = Model(configuration, FeatureSpace(kind, keepingNames: 8))
      witness = model
      random = SeededGenerator(seed: seed)
      loss = configuration.loss
      self.names = names
      self.limit = limit
    }

    private mutating func name() -> String {
      let number = Int(random.unit() * random.unit() * Double(names))
      if case .indexed(let width) = model.space.kind { return String(number % width) }
      return number % 3 == 0 ? "a long name with number \(number)" : "feature \(number)"
    }

    /// A message's rows: what a decoder makes of it with this model's names.
    private mutating func batch(_ rows: [[(name: String, value: Float)]], targets: [Double]) -> (Model) -> (
      Model, SampleBatch
    ) {
      { model in
        var model = model
        var batch = SampleBatch()
        for (row, target) in zip(rows, targets) {
          for (name, value) in row {
            let utf8 = Array(name.utf8)
            if let index = model.space.intern(utf8.span) { batch.append(feature: index, value: value) }
          }
          batch.endRow(target: target, importance: 1)
        }
        return (model, batch)
      }
    }

    /// - Parameter features: how many a row has, at most.
    mutating func learn(features: Int = 8) {
      let rows = (0..<1 + random.below(3)).map { _ in
        // Each name once.
        Array(Dictionary((0..<random.below(features)).map { _ in (name(), Float(random.normal())) }) { one, _ in one })
          .sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
      }
      let targets = rows.map { _ in
        switch loss {
        case .logistic, .hinge, .squaredHinge: random.pick([-1.0, 1])
        case .poisson: Double(random.below(5))
        default: random.normal()
        }
      }
      let decode = batch(rows, targets: targets)
      let gives = random.below(3)
      func learn(_ model: inout Model) -> Int {
        var (decoded, batch) = decode(model)
        swap(&model, &decoded)
        // Nobody else holds its storage, as in a daemon.
        decoded = Model(model.configuration)
        let room = model.makeRoom(for: &batch, limit: limit, keeping: DelayedSamples(.init()))
        var margins: [Double] = []
        switch gives {
        case 0: model.learn(batch)
        case 1: _ = model.learn(batch, margins: &margins)
        default: model.learn(batch, given: Array(repeating: .nan, count: batch.count), margins: &margins)
        }
        return room.forgotten
      }
      if learn(&model) > 0, model.isTakingSnapshot { forgotten += 1 }
      _ = learn(&witness)
    }

    mutating func begin() {
      expected = ModelBits(model)
      model.beginSnapshot()
    }

    /// - Returns: nil unless a snapshot was completed; whether it is what it should be.
    mutating func goOn() -> Bool? {
      guard model.isTakingSnapshot else { return nil }
      let isCurrent = model.snapshotIsCurrent
      guard let snapshot = model.continueSnapshot(copying: random.pick([1, 20_000, 60_000])) else { return nil }
      snapshots += 1
      let copy = ModelBits(snapshot.model)
      if copy != ModelBits(model) {
        changedSnapshots += 1
        if isCurrent { return false }
      }
      return copy == expected && copy == ModelBits(copied: snapshot)
    }
  }

  private func play(
    _ configuration: LearnerConfiguration, _ kind: FeatureSpace.Kind, seed: UInt64
  ) -> Scene {
    var scene = Scene(configuration, kind, names: 12_000, limit: 2600, seed: seed)
    for _ in 0..<3 { scene.learn(features: 2000) }
    for turn in 0..<150 {
      scene.learn()
      if scene.random.below(6) == 0, !scene.model.isTakingSnapshot { scene.begin() }
      if scene.random.below(3) == 0, let isRight = scene.goOn() {
        #expect(isRight, "\(configuration.optimizer) \(kind), seed \(seed), turn \(turn)")
      }
    }
    let agree = ModelBits(scene.model) == ModelBits(scene.witness)
    #expect(agree, "\(configuration.optimizer) \(kind), seed \(seed): learning noticed")
    #expect(scene.changedSnapshots > 2, "seed \(seed): \(scene.snapshots) snapshots")
    return scene
  }

  /// Every way of keeping weights, of penalizing them and of finding them.
  @Test(
    arguments: LearnerCase.Kind.allCases + [nil],
    [FeatureSpace.Kind.dictionary, .hashed(bits: 12), .indexed(width: 3000)])
  func aSnapshotIsWhatACopyWas(_ learnerKind: LearnerCase.Kind?, _ kind: FeatureSpace.Kind) {
    let cases =
      learnerKind.map { learnerKind in
        LearnerCase.optimizers.filter {
          let configuration = $0.configuration
          let averages = configuration.averagingStart != nil
          return configuration.optimizer == learnerKind.optimizer && averages == (learnerKind == .averaged)
        }
      } ?? LearnerCase.all
    var random = SeededGenerator(seed: 77)
    for _ in 0..<2 {
      let chosen = random.pick(cases)
      _ = play(chosen.configuration, kind, seed: random.next())
    }
  }

  /// In a full dictionary, with L1: names go and come while a snapshot is being taken.
  @Test(arguments: [11, 12, 13] as [UInt64])
  func aFullDictionaryForgetsMeanwhile(seed: UInt64) {
    var forgotten = 0
    for optimizer in [Optimizer.sgd, .adagrad, .ftrl] {
      var configuration = LearnerConfiguration(optimizer: optimizer, penalty: Penalty(l1: 0.2))
      if optimizer == .adagrad { configuration.penalty.factors = LearnerCase.factors }
      forgotten += play(configuration, .dictionary, seed: seed).forgotten
    }
    #expect(forgotten > 0, "seed \(seed)")
  }

  /// Small models are copied in the call that asks.
  @Test func aSmallModelIsCopiedAtOnce() {
    var model = Model(LearnerConfiguration())
    model.space.intern("a")
    model.beginSnapshot()
    let snapshot = model.continueSnapshot(copying: 1 << 10)
    #expect(snapshot?.count == 1)
    #expect(snapshot?.name(at: 0) == "a")
    #expect(!model.isTakingSnapshot)
  }

  /// An empty model has a snapshot, too, and a model can be copied while its snapshot is being taken.
  @Test func copiesAndSnapshotsAreApart() {
    var model = Model(LearnerConfiguration())
    model.beginSnapshot()
    var copy = model
    #expect(model.continueSnapshot(copying: 1)?.count == 0)
    #expect(copy.isTakingSnapshot)
    copy.space.intern("a")
    copy.learn(SampleBatch())
    #expect(!copy.snapshotIsCurrent)
    #expect(copy.continueSnapshot(copying: 1)?.count == 0)
    let now = ModelSnapshot(copy)
    #expect(now.count == 1)
    #expect(now.learner.count == 1)
  }
}

extension ModelBits {
  /// What can be seen of a snapshot without making a model of it.
  fileprivate init(copied snapshot: ModelSnapshot) {
    self.init(
      configuration: snapshot.configuration, space: snapshot.space, names: snapshot.names,
      lastSeen: snapshot.lastSeenSteps, learner: snapshot.learner, validation: snapshot.validation,
      sharesIndices: snapshot.space.space == .hashed)
  }
}
