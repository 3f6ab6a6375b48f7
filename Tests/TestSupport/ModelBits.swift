public import OnlineLearning

/// All that a model holds, to the bit.
public struct ModelBits: Equatable {
  private let configuration: LearnerConfiguration
  private let nameBytes: [UInt8]
  private let nameEnds: [Int]
  private let values: [UInt32]
  private let epochs: [UInt32]
  private let marks: [UInt64]
  private let coefficients: [UInt32]
  private let intercept: UInt64
  private let state: LinearLearner.State
  private let validation: ProgressiveValidation

  public init(_ model: Model) {
    configuration = model.configuration
    nameBytes = model.dictionary.nameBytes
    nameEnds = model.dictionary.nameEnds
    values = model.learner.coordinates.map(\.value.bitPattern)
    epochs = model.learner.coordinates.map(\.epoch)
    marks = model.learner.coordinates.map(\.mark.bitPattern)
    coefficients = model.learner.coefficients().map(\.bitPattern)
    intercept = model.learner.intercept.bitPattern
    state = model.learner.state
    validation = model.validation
  }
}
