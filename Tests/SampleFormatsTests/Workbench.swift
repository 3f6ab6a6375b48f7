import OnlineLearning
import SampleFormats

/// A decoder and the model that it feeds, as the daemon holds them.
final class Workbench {
  let decoder: SampleDecoder
  var model: Model
  var batch = SampleBatch()

  init(
    loss: Loss = .squared, limits: SampleLimits = SampleLimits(), fields: JSONFields = JSONFields(),
    space: FeatureSpace = FeatureSpace(), interactions: [Interaction] = []
  ) {
    decoder = SampleDecoder(loss: loss, limits: limits, fields: fields, interactions: interactions)!
    var configuration = LearnerConfiguration()
    configuration.loss = loss
    model = Model(configuration, space)
  }

  func decode(
    _ payload: [UInt8], format: SampleDecoder.Format = .auto, for purpose: SampleDecoder.Purpose = .learn
  ) throws(SampleError) {
    try decoder.decode(
      payload.span, format: format, for: purpose, into: &batch, dictionary: &model.space)
  }

  func decode(
    _ payload: String, format: SampleDecoder.Format = .auto, for purpose: SampleDecoder.Purpose = .learn
  ) throws(SampleError) {
    try decode(Array(payload.utf8), format: format, for: purpose)
  }

  func learn(_ payload: [UInt8], format: SampleDecoder.Format = .auto) throws(SampleError) {
    try decode(payload, format: format)
    model.learn(batch)
  }

  func learn(_ payload: String) throws(SampleError) {
    try learn(Array(payload.utf8))
  }

  /// The rows of the batch, with names for indices.
  var rows: [Row] {
    (0..<batch.count).map { row in
      Row(
        target: batch.targets[row], importance: batch.importances[row],
        features: batch.range(of: row).map { place in
          Feature(name: model.space.name(at: Int(batch.features[place])), value: batch.values[place])
        })
    }
  }

  /// The error that a payload meets; nil where it meets none.
  func error(
    _ payload: String, format: SampleDecoder.Format = .auto, for purpose: SampleDecoder.Purpose = .learn
  ) -> SampleError? {
    do throws(SampleError) {
      try decode(payload, format: format, for: purpose)
      return nil
    } catch {
      return error
    }
  }

  var names: [String] { (0..<model.space.count).map(model.space.name(at:)) }
}

struct Feature: Equatable {
  var name: String
  var value: Float

  init(name: String, value: Float) {
    self.name = name
    self.value = value
  }

  init(_ name: String, _ value: Float = 1) {
    self.init(name: name, value: value)
  }
}

struct Row: Equatable {
  var target: Double
  var importance: Double
  var features: [Feature]

  init(target: Double, importance: Double, features: [Feature]) {
    self.target = target
    self.importance = importance
    self.features = features
  }

  init(_ target: Double, _ features: Feature..., importance: Double = 1) {
    self.init(target: target, importance: importance, features: features)
  }
}

extension SampleBatch {
  /// Whether nothing is left in it.
  var isEmpty: Bool {
    features.isEmpty && values.isEmpty && rowEnds.isEmpty && targets.isEmpty && importances.isEmpty
      && unlearned == 0 && unknownFeatures == 0 && labels.count == 0
  }
}
