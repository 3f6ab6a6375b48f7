internal import Glibc

/// What went wrong with the state on disk, where, and what to do about it.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A call of the operating system failed.
  case system(call: String, path: String, code: Int32)
  /// A file is not what was once written.
  case damaged(path: String, problem: String)
  /// A file comes from a newer whittle.
  case newerVersion(path: String, found: Int, known: Int)
  /// Another process works on the state directory.
  case locked(directory: String, owner: String)

  public var description: String {
    switch self {
    case .system(let call, let path, let code): "\(call) failed on \(path): \(String(cString: strerror(code)))"
    case .damaged(let path, let problem): "\(path) is damaged or no checkpoint: \(problem)"
    case .newerVersion(let path, let found, let known):
      "\(path) has format version \(found), and this whittle reads up to \(known): upgrade whittle to use it"
    case .locked(let directory, let owner):
      "the state directory \(directory) is in use by \(owner): stop it, or give this one its own state.directory"
    }
  }
}
