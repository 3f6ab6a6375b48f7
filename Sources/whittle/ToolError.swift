/// What this tool itself finds wrong; the daemon's and the connection's errors are `ClientError`.
enum ToolError: Error, Equatable, CustomStringConvertible {
  /// What the file holds is not what it should be; `line` counts from 1, nil where the whole file is meant.
  case badData(file: String, line: Int?, reason: String)
  case cannotOpen(file: String, reason: String)
  case cannotRead(file: String, reason: String)
  case cannotWrite(reason: String)
  case cannotWriteFile(file: String, reason: String)
  /// Features that were asked for by name, and that nobody knows where they were looked for.
  case unknownFeatures([String], place: String)
  /// What was asked for cannot be put into the form that was asked for.
  case notExpressible(reason: String)
  /// The daemon rejected messages while it was waited for.
  case rejected(endpoint: String, byReason: [String: UInt64])
  /// The daemon answered messages with a rejection.
  case notAccepted(endpoint: String, rejected: Int, sent: Int)
  /// The daemon stopped short of the messages that were sent.
  case notLearned(endpoint: String, taken: UInt64, sent: Int, reason: String)
  /// The operating system refuses what this tool cannot go on without.
  case failed(reason: String)

  var description: String {
    switch self {
    case .badData(let file, let line?, let reason): "\(file):\(line): \(reason)"
    case .badData(let file, nil, let reason): "\(file): \(reason)"
    case .cannotOpen(let file, let reason): "cannot open \(file): \(reason)"
    case .cannotRead(let file, let reason): "cannot read \(file): \(reason)"
    case .cannotWriteFile(let file, let reason): "cannot write \(file): \(reason)"
    case .cannotWrite(let reason): "cannot write to standard output: \(reason)"
    case .unknownFeatures(let names, let place):
      "\(place) knows no feature " + names.prefix(10).map { "\"\($0)\"" }.joined(separator: ", ")
        + (names.count > 10 ? ", …" : "")
    case .notExpressible(let reason): reason
    case .rejected(let endpoint, let byReason):
      "the daemon at \(endpoint) rejected messages: "
        + byReason.sorted { $0.key < $1.key }.map { "\(Format.count($0.value)) for \($0.key)" }
        .joined(separator: ", ") + "; its log says what was wrong with them"
    case .notAccepted(let endpoint, let rejected, let sent):
      "the daemon at \(endpoint) rejected \(Format.count(rejected)) of \(Format.count(sent)) messages"
    case .notLearned(let endpoint, let taken, let sent, let reason):
      "the daemon at \(endpoint) took \(Format.count(taken)) of \(Format.count(sent)) messages, and \(reason)"
    case .failed(let reason): reason
    }
  }
}
