internal import Glibc

/// The calls on files that state needs, each failing with the call and the path in the error.
enum File {
  /// Writes a file whole, and makes it durable under its name before it returns: a temporary file in the same
  /// directory is written and synced, renamed over `path`, and the directory synced. After a crash the name leads
  /// to the old content or to the new, never to a part.
  ///
  /// - Returns: the number of bytes written.
  static func replace(_ path: String, with chunks: [[UInt8]]) throws(StoreError) -> Int {
    let directory = parent(of: path)
    let temporary = "\(directory)/\(temporaryPrefix)\(getpid())"
    do throws(StoreError) {
      let bytes = try write(temporary, chunks)
      if rename(temporary, path) != 0 { throw failure("rename", temporary) }
      try syncDirectory(directory)
      return bytes
    } catch {
      // What could not be finished is of no use; the error that matters is the first one.
      unlink(temporary)
      throw error
    }
  }

  /// What unfinished files are called, so that they can be told from finished ones.
  static let temporaryPrefix = ".unfinished-"

  private static func write(_ path: String, _ chunks: [[UInt8]]) throws(StoreError) -> Int {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    if file < 0 { throw failure("open", path) }
    var total = 0
    do throws(StoreError) {
      for chunk in chunks {
        try writeAll(chunk, to: file, path)
        total += chunk.count
      }
      if fsync(file) != 0 { throw failure("fsync", path) }
    } catch {
      close(file)
      throw error
    }
    if close(file) != 0 { throw failure("close", path) }
    return total
  }

  private static func writeAll(_ bytes: [UInt8], to file: Int32, _ path: String) throws(StoreError) {
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + offset, $0.count - offset) }
      if written < 0 {
        if errno == EINTR { continue }
        throw failure("write", path)
      }
      offset += written
    }
  }

  /// Makes names in a directory durable.
  static func syncDirectory(_ path: String) throws(StoreError) {
    let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory < 0 { throw failure("open", path) }
    defer { close(directory) }
    if fsync(directory) != 0 { throw failure("fsync", path) }
  }

  /// All bytes of a file.
  static func read(_ path: String) throws(StoreError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    if file < 0 { throw failure("open", path) }
    defer { close(file) }
    var status = stat()
    if fstat(file, &status) != 0 { throw failure("fstat", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .damaged(path: path, problem: "it is not a regular file")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var offset = 0
    while offset < bytes.count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(file, buffer.baseAddress! + offset, buffer.count - offset)
      }
      if got < 0 {
        if errno == EINTR { continue }
        throw failure("read", path)
      }
      if got == 0 { break }
      offset += got
    }
    bytes.removeLast(bytes.count - offset)
    return bytes
  }

  /// The names in a directory, in no order.
  static func names(in directory: String) throws(StoreError) -> [String] {
    guard let listing = opendir(directory) else { throw failure("opendir", directory) }
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
    if errno != 0 { throw failure("readdir", directory) }
    return names
  }

  static func remove(_ path: String) throws(StoreError) {
    if unlink(path) != 0 { throw failure("unlink", path) }
  }

  /// Creates a directory and those above it.
  static func makeDirectory(_ path: String) throws(StoreError) {
    if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
    let above = parent(of: path)
    guard errno == ENOENT, above != path else { throw failure("mkdir", path) }
    try makeDirectory(above)
    if mkdir(path, 0o750) != 0, errno != EEXIST { throw failure("mkdir", path) }
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The error of the call that just failed.
  static func failure(_ call: String, _ path: String) -> StoreError {
    .system(call: call, path: path, code: errno)
  }
}
