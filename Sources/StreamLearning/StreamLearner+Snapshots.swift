public import OnlineLearning

extension StreamLearner {
  /// Begins a snapshot of the model as of now, as `Model.beginSnapshot` does.
  ///
  /// - Precondition: none is being taken, and no message has been accepted that is not learned.
  /// - Complexity: O(1) for practical purposes
  public mutating func beginSnapshot() { state.model.beginSnapshot() }

  /// Copies some more of the snapshot that was begun, as `Model.continueSnapshot` does.
  ///
  /// - Parameter bytes: about so many, and a small piece at least.
  /// - Returns: the snapshot once it is complete.
  /// - Complexity: O(bytes)
  public mutating func continueSnapshot(copying bytes: Int) -> ModelSnapshot? {
    state.model.continueSnapshot(copying: bytes)
  }
}
