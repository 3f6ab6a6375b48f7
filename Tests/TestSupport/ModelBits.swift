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
    self.init(
      configuration: model.configuration, space: model.space.state, names: model.space.names,
      lastSeen: model.space.lastSeenSteps, learner: model.learner, validation: model.validation,
      sharesIndices: model.space.sharesIndices)
  }

  public init(
    configuration: LearnerConfiguration, space: FeatureSpace.State, names: FeatureSpace.Names, lastSeen: [UInt64],
    learner: LinearLearner, validation: ProgressiveValidation, sharesIndices: Bool
  ) {
    self.configuration = configuration
    self.space = space
    // Those of hashed features are no part of what is learned.
    self.names = sharesIndices ? FeatureSpace.Names(bytes: [], ends: []) : names
    self.lastSeen = lastSeen
    columns = LinearLearner.columns(of: configuration).map { column in
      switch learner.column(column) {
      case .float32(let values): values.map { UInt64($0.bitPattern) }
      case .float64(let values): values.map(\.bitPattern)
      case .uint32(let values): values.map(UInt64.init)
      case nil: []
      }
    }
    coefficients = learner.coefficients().map(\.bitPattern)
    intercept = learner.intercept.bitPattern
    state = learner.state
    self.validation = validation
  }
}
