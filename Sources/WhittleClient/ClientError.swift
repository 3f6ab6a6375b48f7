public import WhittleProtocol

/// Why a client's call failed: what was wrong, at which endpoint, and what to do.
public enum ClientError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The endpoint is malformed, taken, or not allowed; `reason` is libzmq's.
  case unusableEndpoint(reason: String)
  /// No connection came up within the time limit, so the question was never asked.
  case unreachable(endpoint: String, milliseconds: Int)
  /// The question was sent and no answer came within the time limit.
  case noAnswer(endpoint: String, milliseconds: Int)
  /// No peer took the samples within the time limit; this message is not sent.
  case notTaken(endpoint: String, milliseconds: Int)
  /// No answer came within the time limit to so many messages of samples; they may have been learned or not.
  case unanswered(endpoint: String, messages: Int, milliseconds: Int)
  /// So many numbered messages were not acknowledged, and none was any more within the time limit.
  case undelivered(endpoint: String, messages: Int, milliseconds: Int)
  /// The daemon has the messages of a source up to `last` only, and had acknowledged them up to `acknowledged`.
  case forgotten(endpoint: String, last: UInt64, acknowledged: UInt64)
  /// Nobody subscribed within the time limit to what was to be published; this message is not sent.
  case noSubscriber(endpoint: String, milliseconds: Int)
  /// Nothing was published within the time limit.
  case nothingPublished(endpoint: String, milliseconds: Int)
  /// The connection broke after the question, or the message of samples, was sent: it may have been carried out or not.
  case interrupted(endpoint: String)
  /// The task that waited was cancelled. What it had sent may be carried out all the same.
  case cancelled
  /// The connection was closed by this side.
  case closed
  /// The daemon answered that it will not or cannot.
  case refused(QueryFailure)
  /// The daemon did not accept a message of samples; none of them was learned.
  case rejected(IngestFailure)
  /// What came is not what this version's protocol says.
  case malformed(endpoint: String, reason: String)
  /// Keys cannot be read, or are none.
  case unusableKeys(reason: String)
  /// The question cannot be put into JSON.
  case unsendable(reason: String)
  /// A call of libzmq failed; `reason` is libzmq's.
  case failed(reason: String)

  public var description: String {
    switch self {
    case .unusableEndpoint(let reason):
      "\(reason); an endpoint looks like tcp://127.0.0.1:5703 or ipc:///run/whittle/query"
    case .unreachable(let endpoint, let time):
      "cannot reach \(endpoint) within \(seconds(time)); is whittled running, and is that its endpoint? If it asks for keys, is "
        + "yours in its list?"
    case .noAnswer(let endpoint, let time):
      "no answer from \(endpoint) within \(seconds(time)); is that whittled's query endpoint? "
        + "If it is busy, allow more time"
    case .notTaken(let endpoint, let time):
      "nobody took the samples within \(seconds(time)) at \(endpoint); is whittled running? If it asks for keys, is yours in its "
        + "list?"
    case .unanswered(let endpoint, let messages, let time):
      "no answer from \(endpoint) within \(seconds(time)) to \(messages == 1 ? "a message" : "\(messages) messages"), "
        + "which may have been learned or not; is that whittled's router endpoint? If it is busy, allow more time"
    case .undelivered(let endpoint, let messages, let time):
      "no progress at \(endpoint) within \(seconds(time)): \(messages == 1 ? "a message is" : "\(messages) messages are") "
        + "not acknowledged; is whittled running, and is that its router endpoint? If it is busy, allow more time"
    case .forgotten(let endpoint, let last, let acknowledged):
      "the daemon at \(endpoint) has come back without \(acknowledged - min(last, acknowledged)) of the messages that it had "
        + "acknowledged: it has them up to \(last), and had told so up to \(acknowledged). Set its "
        + "ingest.router.acknowledge to journaled or durable"
    case .noSubscriber(let endpoint, let time):
      "nobody subscribed to the samples within \(seconds(time)) at \(endpoint); "
        + "is whittled running, and does it subscribe to this topic?"
    case .nothingPublished(let endpoint, let time):
      "nothing was published within \(seconds(time)) at \(endpoint); is whittled running? If it asks for keys, is yours in its "
        + "list?"
    case .interrupted(let endpoint):
      "the connection to \(endpoint) broke before the answer came, so what was asked may have been done or not; is "
        + "whittled running?"
    case .cancelled:
      "the task was cancelled before the answer came"
    case .closed:
      "the connection was closed; a new one can be made"
    case .refused(let failure):
      "the daemon refused: \(failure)"
    case .rejected(let failure):
      "the daemon rejected the samples: \(failure)"
    case .malformed(let endpoint, let reason):
      "\(endpoint) sent something else than whittled would: \(reason); "
        + "is that the right endpoint, and has the daemon this version (\(whittleVersion))?"
    case .unsendable(let reason):
      "cannot put the question into JSON: \(reason)"
    case .unusableKeys(let reason), .failed(let reason):
      reason
    }
  }
}

private func seconds(_ milliseconds: Int) -> String {
  milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(Double(milliseconds) / 1000) s"
}
