internal import Glibc

/// The right to work on a state directory, held until the last reference goes or the process ends, however it ends.
public final class StateLock: Sendable {
  private let file: Int32

  /// Creates the directory where it is missing, and takes its lock.
  ///
  /// - Throws: `locked`, with the process that holds it, or the call that failed.
  public init(directory: String) throws(StoreError) {
    let files = LocalFileSystem()
    try files.makeDirectory(directory)
    let path = "\(directory)/lock"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
    if file < 0 { throw LocalFileSystem.failure("open", path) }
    if flock(file, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      close(file)
      guard code == EWOULDBLOCK else { throw .system(call: "flock", path: path, code: code) }
      let owner = String(decoding: (try? files.read(path)) ?? [], as: UTF8.self).filter(\.isNumber)
      throw .locked(directory: directory, owner: owner.isEmpty ? "another process" : "process \(owner)")
    }
    // Who holds it, for people and for the error above; the lock itself is the kernel's.
    let owner = Array("\(getpid())\n".utf8)
    guard ftruncate(file, 0) == 0, Glibc.write(file, owner, owner.count) == owner.count else {
      let error = LocalFileSystem.failure("write", path)
      close(file)
      throw error
    }
    self.file = file
  }

  deinit {
    close(file)
  }
}
