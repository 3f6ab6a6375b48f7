internal import StreamLearning
internal import WhittleProtocol

/// What is there when the engine begins.
struct Recovered: Sendable {
  let state: StreamLearner.State
  /// The last time that was told before, in seconds since 1970; nil where none was.
  var time: Double?
  /// The newest checkpoint and, of the messages that it covers, the last; nil where there is none.
  var checkpoint: Stats.Checkpoint?
  var checkpointPosition: UInt64?
  /// Whether the journal lacks messages between the checkpoint and the state.
  var lacksMessages = false
  /// Whether the checkpoint says of settings what does not hold any more, so that another one is due.
  var isOutdated = false
}
