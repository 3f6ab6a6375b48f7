internal import FoundationEssentials
internal import ModelStore
internal import OnlineLearning
internal import WhittleClient
internal import WhittleProtocol

/// A model that is compared with another: a checkpoint's, or a daemon's as it is now.
struct ComparedModel {
  /// A feature's coefficient, which is not zero.
  typealias Coefficient = (key: [UInt8], name: String, value: Float)

  let side: CheckpointDifference.Side
  /// Rows of keys and values; nil where they are not known in these words.
  let settings: [[String]]?
  /// By what features are known to be the same; nil by their names.
  let space: FeatureSpace.Kind?
  private let active: [(index: Int, name: String, value: Float)]

  init(_ named: NamedCheckpoint) {
    let model = named.checkpoint.model
    let values = model.learner.coefficients()
    active = values.indices.filter { values[$0] != 0 }.map { ($0, model.space.name(at: $0), values[$0]) }
    settings = ConfigurationRows.rows(model.configuration, digits: 17)
    space = model.space.kind
    side = CheckpointDifference.Side(
      id: named.id, file: named.path, time: named.checkpoint.time, step: model.steps,
      position: named.checkpoint.position, features: model.space.featureCount, activeSet: active.count,
      intercept: model.learner.intercept, loss: model.validation.recent(model.configuration.lossFunction)?.loss)
  }

  /// The daemon's model; its loss is as of a moment later.
  init(_ daemon: QueryClient) throws(ClientError) {
    let told = try daemon.coefficients()
    let stats = try daemon.stats()
    active = told.names.indices.filter { told.values[$0] != 0 }.map { ($0, told.names[$0], told.values[$0]) }
    (settings, space) = (nil, nil)
    side = CheckpointDifference.Side(
      id: nil, file: nil, time: Date().timeIntervalSince1970, step: told.step, position: stats.journal?.position,
      features: told.features, activeSet: told.activeSet, intercept: told.intercept, loss: stats.loss.recent)
  }

  /// The active set. Keys are bytes, since texts are equal whose bytes differ.
  ///
  /// - Parameter byIndex: whether equal indices are what makes features the same.
  func coefficients(byIndex: Bool) -> [Coefficient] {
    active.map { (Array((byIndex ? String($0.index) : $0.name).utf8), $0.name, $0.value) }
  }
}
