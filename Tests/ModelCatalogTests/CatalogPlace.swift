import FoundationEssentials
import ModelStore
import OnlineLearning
import TestSupport

@testable import ModelCatalog

/// A state directory with checkpoints, made without a daemon.
struct CatalogPlace {
  let temporary: TemporaryDirectory
  var directory: String { temporary.path }
  var store: CheckpointStore
  var keeper: CatalogKeeper

  init(limit: Int = CatalogKeeper.defaultLimit) throws {
    temporary = try TemporaryDirectory()
    store = try CheckpointStore(directory: temporary.path)
    keeper = CatalogKeeper(directory: temporary.path, limit: limit)
  }

  /// Writes a checkpoint and has the catalog take it, as the daemon does.
  @discardableResult
  mutating func write(_ model: Model, time: Double = 1_700_000_000) throws -> CheckpointStore.Written {
    let checkpoint = Checkpoint(model, position: model.steps + 7, time: time)
    let written = try store.write(checkpoint)
    try keeper.add(checkpoint, written)
    return written
  }

  var reader: CatalogReader {
    get throws { try CatalogReader(directory: directory) }
  }
}

extension Model {
  /// A model whose features were learned one after the other, each once: those of equal targets weigh the same.
  init(_ targets: [(name: String, target: Double)], space: FeatureSpace = FeatureSpace()) {
    var configuration = LearnerConfiguration()
    configuration.intercept = false
    configuration.learningRate.schedule = .constant
    configuration.penalty = Penalty(l1: 0, l2: 0)
    self.init(configuration, space)
    for (name, target) in targets { learn(name, target: target) }
  }

  /// Learns a sample of one feature of value 1.
  mutating func learn(_ name: String, target: Double) {
    // As messages are read, so that names of hashed features are kept.
    let utf8 = Array(name.utf8)
    let names = [
      utf8.count > FeatureName.wholeBytes
        ? FeatureName(place: 0, count: utf8.count) : FeatureName(whole: utf8.span)
    ]
    var indices = [FeatureSpace.unknown]
    var found = indices.mutableSpan
    space.intern(names.span, longNames: utf8.span, limit: 1000, into: &found)
    var batch = SampleBatch()
    batch.append(feature: indices[0], value: 1)
    batch.endRow(target: target, importance: 1)
    learn(batch)
  }
}
