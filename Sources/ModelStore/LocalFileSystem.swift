internal import CLinux
internal import Glibc

/// The machine's own disks.
public struct LocalFileSystem: FileSystem {
  public init() {}

  public func open(_ path: String, for use: FileUse) throws(StoreError) -> OpenFile {
    let flags =
      switch use {
      case .reading: O_RDONLY | O_CLOEXEC
      case .writing: O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
      }
    let number = Glibc.open(path, flags, 0o640)
    if number < 0 { throw LocalFileSystem.failure("open", path) }
    return OpenFile(number: number, path: path)
  }

  public func close(_ file: OpenFile) throws(StoreError) {
    if Glibc.close(file.number) != 0 { throw LocalFileSystem.failure("close", file.path) }
  }

  public func write(
    _ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int
  ) throws(StoreError) -> Int {
    while true {
      let written = pwrite(file.number, bytes.baseAddress, bytes.count, offset)
      if written > 0 || written == 0 && bytes.isEmpty { return written }
      if written < 0, errno == EINTR { continue }
      // A device that takes nothing and gives no reason has no room.
      if written == 0 { errno = ENOSPC }
      throw LocalFileSystem.failure("write", file.path)
    }
  }

  public func read(
    into bytes: UnsafeMutableRawBufferPointer, from file: OpenFile, at offset: Int
  ) throws(StoreError) -> Int {
    while true {
      let got = pread(file.number, bytes.baseAddress, bytes.count, offset)
      if got >= 0 { return got }
      if errno != EINTR { throw LocalFileSystem.failure("read", file.path) }
    }
  }

  public func size(of file: OpenFile) throws(StoreError) -> Int {
    var status = stat()
    if fstat(file.number, &status) != 0 { throw LocalFileSystem.failure("fstat", file.path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .damaged(path: file.path, problem: "it is not a regular file")
    }
    return Int(status.st_size)
  }

  public func synchronize(_ file: OpenFile) throws(StoreError) {
    if fsync(file.number) != 0 { throw LocalFileSystem.failure("fsync", file.path) }
    // Nobody finds a file again that was removed meanwhile.
    var status = stat()
    if fstat(file.number, &status) != 0 { throw LocalFileSystem.failure("fstat", file.path) }
    if status.st_nlink == 0 { throw .system(call: "fsync", path: file.path, code: ENOENT) }
  }

  public func startWriting(_ file: OpenFile, at offset: Int, count: Int) {
    _ = start_writing(file.number, offset, count)
  }

  public func startReading(_ file: OpenFile, at offset: Int, count: Int) {
    _ = posix_fadvise(file.number, offset, count, POSIX_FADV_WILLNEED)
  }

  public func forget(_ file: OpenFile, at offset: Int, count: Int) {
    _ = posix_fadvise(file.number, offset, count, POSIX_FADV_DONTNEED)
  }

  public func synchronizeDirectory(_ path: String) throws(StoreError) {
    let directory = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory < 0 { throw LocalFileSystem.failure("open", path) }
    defer { Glibc.close(directory) }
    if fsync(directory) != 0 { throw LocalFileSystem.failure("fsync", path) }
  }

  public func rename(_ path: String, to newPath: String) throws(StoreError) {
    if Glibc.rename(path, newPath) != 0 { throw LocalFileSystem.failure("rename", path) }
  }

  public func remove(_ path: String) throws(StoreError) {
    if unlink(path) != 0 { throw LocalFileSystem.failure("unlink", path) }
  }

  public func names(in directory: String) throws(StoreError) -> [String] {
    guard let listing = opendir(directory) else { throw LocalFileSystem.failure("opendir", directory) }
    defer { closedir(listing) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(listing) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { field in
          field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
      errno = 0
    }
    if errno != 0 { throw LocalFileSystem.failure("readdir", directory) }
    return names
  }

  public func makeDirectory(_ path: String) throws(StoreError) {
    let above = FilePath.parent(of: path)
    if mkdir(path, 0o750) != 0, errno != EEXIST {
      guard errno == ENOENT, above != path else { throw LocalFileSystem.failure("mkdir", path) }
      try makeDirectory(above)
      if mkdir(path, 0o750) != 0, errno != EEXIST { throw LocalFileSystem.failure("mkdir", path) }
      try synchronizeDirectory(above)
      return
    }
    // One that was there may have been created just before a crash. What is above may be none of ours to open.
    try? synchronizeDirectory(above)
  }

  /// The error of the call that just failed.
  static func failure(_ call: String, _ path: String) -> StoreError {
    .system(call: call, path: path, code: errno)
  }
}
