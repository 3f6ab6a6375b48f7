/// Snapshots of a model that goes on learning: whoever owns it copies a piece now and then, between messages.
extension Model {
  /// Whether a snapshot has been begun that is not complete.
  public var isTakingSnapshot: Bool { snapshotInProgress != nil }

  /// Whether the snapshot that was begun is still one of the model as it is now.
  public var snapshotIsCurrent: Bool { snapshotInProgress?.isCurrent ?? false }

  /// Begins a snapshot as of now, of all features that are known: they become part of the learner.
  ///
  /// Until it is complete, learning a message takes as much longer as looking at its features does.
  ///
  /// - Precondition: none is being taken. Until it is complete, `space` must neither be replaced nor cut to fewer names than
  ///   the learner has features.
  /// - Complexity: O(1) for practical purposes
  public mutating func beginSnapshot() {
    precondition(!isTakingSnapshot, "one snapshot at a time")
    growLearner(to: space.count)
    snapshotInProgress = SnapshotInProgress(learner, space, validation)
  }

  /// Copies some more of the snapshot that was begun.
  ///
  /// - Parameter bytes: about so many, and a small piece at least.
  /// - Returns: the snapshot once it is complete, as of the step at which it was begun; nil before that.
  /// - Complexity: O(bytes)
  public mutating func continueSnapshot(copying bytes: Int) -> ModelSnapshot? {
    let snapshot = snapshotInProgress?.copy(bytes, of: learner, space)
    if snapshot != nil { snapshotInProgress = nil }
    return snapshot
  }

  /// Saves features that are about to change for the snapshot that is being taken.
  ///
  /// - Complexity: O(features), and nothing where none is being taken
  mutating func save(_ features: some Sequence<UInt32>) {
    if isTakingSnapshot { snapshotInProgress?.save(features, of: learner, space) }
  }
}
