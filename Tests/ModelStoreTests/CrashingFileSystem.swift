import ModelStore
import Synchronization

/// The machine's disks until so many changes were made: then it crashes, and nothing works any more.
final class CrashingFileSystem: FileSystem {
  private let local = LocalFileSystem()
  private let left: Mutex<Int>

  /// - Parameter changes: how many succeed.
  init(after changes: Int) {
    left = Mutex(changes)
  }

  static let crash = StoreError.system(call: "crash", path: "", code: 5)

  private func change() throws(StoreError) {
    let lives = left.withLock { left in
      left -= 1
      return left >= 0
    }
    if !lives { throw CrashingFileSystem.crash }
  }

  func open(_ path: String, for use: FileUse) throws(StoreError) -> OpenFile {
    if use == .writing { try change() }
    return try local.open(path, for: use)
  }

  func close(_ file: OpenFile) throws(StoreError) { try local.close(file) }

  func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(StoreError) -> Int {
    try change()
    return try local.write(bytes, to: file, at: offset)
  }

  func read(into bytes: UnsafeMutableRawBufferPointer, from file: OpenFile, at offset: Int) throws(StoreError) -> Int {
    try local.read(into: bytes, from: file, at: offset)
  }

  func size(of file: OpenFile) throws(StoreError) -> Int { try local.size(of: file) }

  func synchronize(_ file: OpenFile) throws(StoreError) {
    try change()
    try local.synchronize(file)
  }

  func synchronizeDirectory(_ path: String) throws(StoreError) {
    try change()
    try local.synchronizeDirectory(path)
  }

  func rename(_ path: String, to newPath: String) throws(StoreError) {
    try change()
    try local.rename(path, to: newPath)
  }

  func truncate(_ path: String, to size: Int) throws(StoreError) {
    try change()
    try local.truncate(path, to: size)
  }

  func remove(_ path: String) throws(StoreError) {
    try change()
    try local.remove(path)
  }

  func names(in directory: String) throws(StoreError) -> [String] { try local.names(in: directory) }

  func makeDirectory(_ path: String) throws(StoreError) {
    try change()
    try local.makeDirectory(path)
  }
}
