internal import Glibc
public import ModelStore
public import ZeroMQ

/// Why the daemon could not start, or ended badly.
public enum DaemonError: Error, Sendable, CustomStringConvertible {
  /// An endpoint could not be opened.
  case endpoint(key: String, ZeroMQError)
  /// An address could not be listened on.
  case address(key: String, address: String, reason: String)
  /// What a setting names cannot be used, a file or a group: which, and why.
  case unusable(String)
  /// A call of libzmq failed that should not.
  case messaging(ZeroMQError)
  case thread(name: String, code: Int32)
  case outOfMemory
  /// Fewer files and sockets may be open than the daemon needs for itself.
  case openFiles(limit: UInt64, needed: UInt64)
  /// There may be fewer threads than the daemon needs.
  case threads(limit: Int, needed: Int)
  /// The state directory cannot be used.
  case state(StoreError)
  /// There are checkpoints, and none of them is whole.
  case noWholeCheckpoint(directory: String, [StoreError])
  /// The configuration asks for another model than the checkpoint holds.
  case contradiction(String)
  /// The last checkpoint could not be written.
  case lastCheckpoint(StoreError, isJournaled: Bool)

  public var description: String {
    switch self {
    case .endpoint(let key, let error):
      "\(key): \(error); is another daemon running there, or does the address not exist here?"
    case .address(let key, let address, let reason):
      "\(key): cannot bind \(address): \(reason); is another daemon running there, or does the address not exist here?"
    case .unusable(let problem): problem
    case .messaging(let error): "\(error)"
    case .thread(let name, let code): "cannot start the thread \(name): \(String(cString: strerror(code)))"
    case .outOfMemory: "there is not enough memory to start"
    case .openFiles(let limit, let needed):
      "only \(limit) files and sockets may be open, and at least \(needed) are needed; raise LimitNOFILE= in the unit, or "
        + "ulimit -n"
    case .threads(let limit, let needed):
      "only \(limit) threads and processes may be there, and at least \(needed) are needed; raise TasksMax= in the unit, or "
        + "ulimit -u"
    case .state(let error): "\(error)"
    case .noWholeCheckpoint(let directory, let errors):
      "no checkpoint in \(directory) is whole, and the journal does not go back to the beginning; restore one from a "
        + "backup, or move all away to start anew:\n"
        + errors.map { "  \($0)" }.joined(separator: "\n")
    case .contradiction(let problem): problem
    case .lastCheckpoint(let error, isJournaled: true):
      "the last checkpoint could not be written; the journal holds what was learned since, and the next start learns it "
        + "again: \(error)"
    case .lastCheckpoint(let error, isJournaled: false):
      "the last checkpoint could not be written, so what was learned since the one before is lost: \(error)"
    }
  }

  /// The status that the process ends with, by sysexits.h.
  public var exitCode: Int32 {
    switch self {
    case .endpoint, .address: 69
    case .messaging, .thread, .outOfMemory, .openFiles, .threads: 71
    case .state(.locked): 75
    case .state(.system): 73
    case .state, .noWholeCheckpoint: 65
    case .contradiction, .unusable: 78
    case .lastCheckpoint: 74
    }
  }
}
