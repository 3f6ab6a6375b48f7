internal import Glibc

/// What went wrong with the state on disk, where, and what to do about it.
public indirect enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A call of the operating system failed.
  case system(call: String, path: String, code: Int32)
  /// A file is not what was once written.
  case damaged(path: String, problem: String)
  /// A file comes from a newer whittle.
  case newerVersion(path: String, found: Int, known: Int)
  /// Another process works on the state directory.
  case locked(directory: String, owner: String)
  /// Messages that had been made durable cannot be read from the journal: from `position` on, at least `missing` of them.
  /// The file is at fault from the byte `offset` on.
  case journalDamaged(path: String, offset: Int, position: UInt64, missing: UInt64, problem: String)
  /// A segment of the journal takes no more, since something on it failed before.
  case journalFailed(segment: String, cause: StoreError)

  public var description: String {
    switch self {
    case .system(let call, let path, let code): "\(call) failed on \(path): \(String(cString: strerror(code)))"
    case .damaged(let path, let problem): "\(path) is damaged or no checkpoint: \(problem)"
    case .newerVersion(let path, let found, let known):
      "\(path) has format version \(found), and this whittle reads up to \(known): upgrade whittle to use it"
    case .locked(let directory, let owner):
      "the state directory \(directory) is in use by \(owner): stop it, or give this one its own state.directory"
    case .journalDamaged(let path, let offset, let position, let missing, let problem):
      """
      the journal is damaged in \(path) at byte \(offset), where message \(position) should be found: \(problem). At least \
      \(missing) message\(missing == 1 ? "" : "s") that had been made durable cannot be read: bring the file back from a \
      copy, or have recovery go on past the damage without them
      """
    case .journalFailed(let segment, let cause):
      "\(segment) takes no more messages since an earlier failure, and what it had not synced may be lost: \(cause)"
    }
  }
}
