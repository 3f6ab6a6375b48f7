internal import ModelStore
internal import WhittleProtocol
internal import ZeroMQ

/// What other threads tell the engine.
enum EngineLetter: Sendable {
  /// Stop receiving, learn what was received, write a last checkpoint, end.
  case stop
  /// An answer that was put together elsewhere, to be sent from the engine's socket.
  case answer(Envelope, Answer)
  /// A large question that was read elsewhere.
  case asked(QueryRequest, AskedQuestion)
  /// The configuration was read again.
  case reload(NewConfiguration)
  /// The publisher's thread has come to its end, after all that it was asked for or because libzmq failed.
  case publisherEnded(ZeroMQError?)
  /// The publisher is free for the next publication.
  case published
  /// A checkpoint is durable, or could not be made so.
  case checkpointed(Result<CheckpointWritten, StoreError>)
  /// The journal has got further, or has failed.
  case journaled(JournalProgress)
  /// The journal's thread has come to its end.
  case journalEnded
}

/// The frames of an answer.
typealias Answer = [[UInt8]]

/// Whom an answer goes to: the frames that came before the question, to be sent before the answer.
struct Envelope: Sendable {
  let frames: [[UInt8]]
}
