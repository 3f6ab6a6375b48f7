/// A model as of one step, whole and unchanging: for other threads to look at while the model goes on learning.
public struct ModelSnapshot: Sendable {
  /// Where it was copied piece by piece, its dictionary finds no names: it has no slots.
  let content: Model
  /// How many features there are: names in a dictionary, and indices otherwise.
  public let featureCount: Int

  /// A snapshot of a model that is at hand. Storage is shared until the model changes, all of which is copied then;
  /// `Model.beginSnapshot` begins one that costs learning no pause.
  ///
  /// - Complexity: O(1); O(features) where some are known that are not part of the learner yet
  public init(_ model: Model) {
    var content = model
    content.snapshotInProgress = nil
    content.growLearner(to: content.space.count)
    self.init(content, featureCount: content.space.featureCount)
  }

  init(_ content: Model, featureCount: Int) {
    self.content = content
    self.featureCount = featureCount
  }

  public var configuration: LearnerConfiguration { content.configuration }
  /// How many samples were learned.
  public var steps: UInt64 { content.steps }
  /// The weights of all features, also of those that have not been learned yet.
  public var learner: LinearLearner { content.learner }
  public var validation: ProgressiveValidation { content.validation }
  /// What a checkpoint keeps of the feature space, besides names and when features were seen.
  public var space: FeatureSpace.State { content.space.state }
  /// Every feature's index is below it.
  public var count: Int { content.space.count }

  /// The name of an index; `#` and the index where it is not known.
  ///
  /// - Precondition: `index` is below `count`.
  /// - Complexity: O(length of the name)
  public func name(at index: Int) -> String { content.space.name(at: index) }

  /// How often an index has lost its name or got another one since the model was made or restored: while two counts are
  /// equal, every index that had a name has it still.
  public var renamings: UInt64 { content.space.dictionary.renamings }

  /// Whether people want to see the feature of an index whose coefficient is `value`: not where nothing is known of it.
  ///
  /// - Precondition: `index` is below `count`.
  /// - Complexity: O(1)
  public func isListed(_ index: Int, value: Float) -> Bool { content.space.isListed(index, value: value) }

  /// - Complexity: O(bytes)
  public var names: FeatureSpace.Names { content.space.names }

  /// When each feature of a dictionary was last seen, in steps, for the first so many.
  public var lastSeenSteps: [UInt64] { content.space.lastSeenSteps }

  /// The model itself, to go on from here.
  ///
  /// - Complexity: O(1) for a snapshot of a model that was at hand, O(features + bytes of names) for one that was copied.
  public var model: Model {
    guard content.space.dictionary.hasNoSlots else { return content }
    var (space, learner) = (content.space, content.learner)
    space.dictionary.findNames()
    learner.weights.measure()
    return Model(space, learner: learner, validation: validation)
  }
}
