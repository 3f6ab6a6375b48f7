public import OnlineLearning

/// All that a model holds, to the bit.
public struct ModelBits: Equatable {
  private let configuration: LearnerConfiguration
  private let space: FeatureSpace.State
  private let names: FeatureSpace.Names
  private let lastSeen: [UInt64]
  private let columns: [[UInt64]]
  private let coefficients: [UInt32]
  private let intercept: UInt64
  private let state: LinearLearner.State
  private let validation: ProgressiveValidation

  public init(_ model: Model) {
    configuration = model.configuration
    space = model.space.state
    // Those of hashed features are no part of what is learned.
    names = model.space.sharesIndices ? FeatureSpace.Names(bytes: [], ends: []) : model.space.names
    lastSeen = model.space.lastSeenSteps
    columns = LinearLearner.columns(of: configuration).map { column in
      switch model.learner.column(column) {
      case .float32(let values): values.map { UInt64($0.bitPattern) }
      case .float64(let values): values.map(\.bitPattern)
      case .uint32(let values): values.map(UInt64.init)
      case nil: []
      }
    }
    coefficients = model.learner.coefficients().map(\.bitPattern)
    intercept = model.learner.intercept.bitPattern
    state = model.learner.state
    validation = model.validation
  }
}
