internal import Glibc

/// A file that is open.
public struct OpenFile: Sendable, Hashable {
  /// The file system's number for it.
  public let number: Int32
  /// As it was opened, for errors.
  public let path: String

  public init(number: Int32, path: String) {
    self.number = number
    self.path = path
  }
}

/// What a file is opened for.
public enum FileUse: Sendable {
  /// It is there.
  case reading
  /// It is created, or emptied where it is there.
  case writing
}

/// The calls of the operating system that make state last, each failing with the call and the path in the error.
///
/// The one seam between whittle and a disk: tests put a disk of their own behind it that fails, tears and forgets.
/// Implementations are safe to be used from several threads, each with files of its own; several may read from one file.
public protocol FileSystem: Sendable {
  /// - Throws: `system`.
  func open(_ path: String, for use: FileUse) throws(StoreError) -> OpenFile

  /// Closes a file, which is closed afterwards also where this throws.
  func close(_ file: OpenFile) throws(StoreError)

  /// Writes bytes to a place in a file, all or only the first ones.
  ///
  /// - Returns: how many: at least 1 where there are any.
  func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(StoreError) -> Int

  /// `write`, for what is not going to be read soon: an implementation may leave out the system's memory where bytes lie in
  /// memory as they do in the file's pages (`DiskPage`), which spares copying them there.
  ///
  /// - Returns: how many: at least 1 where there are any.
  func writeDirectly(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(StoreError) -> Int

  /// Reads bytes from a place in a file.
  ///
  /// - Returns: how many; 0 at the file's end.
  func read(into bytes: UnsafeMutableRawBufferPointer, from file: OpenFile, at offset: Int) throws(StoreError) -> Int

  /// A file's size in bytes.
  ///
  /// - Throws: `damaged` where it is not a regular file.
  func size(of file: OpenFile) throws(StoreError) -> Int

  /// Makes all that was written to a file durable. After a failure nobody knows what is: neither this nor writing is to be
  /// tried again on the same file.
  func synchronize(_ file: OpenFile) throws(StoreError)

  /// Has the disk begin with what was written to a place in a file, so that `synchronize` has less to wait for. Advice, which
  /// fails in silence: what goes wrong `synchronize` tells.
  func startWriting(_ file: OpenFile, at offset: Int, count: Int)

  /// Has the disk begin with what is going to be read of a file. Advice.
  func startReading(_ file: OpenFile, at offset: Int, count: Int)

  /// Gives back the memory in which the system keeps a place of a file, which is durable and will not be read soon. Advice.
  func forget(_ file: OpenFile, at offset: Int, count: Int)

  /// Makes the names in a directory durable.
  func synchronizeDirectory(_ path: String) throws(StoreError)

  /// Gives a file another name in one step, in place of what had it.
  func rename(_ path: String, to newPath: String) throws(StoreError)

  func remove(_ path: String) throws(StoreError)

  /// The names in a directory, in no order.
  func names(in directory: String) throws(StoreError) -> [String]

  /// Creates a directory and those above it, where they are missing, and makes their names durable.
  func makeDirectory(_ path: String) throws(StoreError)
}

extension FileSystem {
  public func writeDirectly(
    _ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int
  ) throws(StoreError) -> Int {
    try write(bytes, to: file, at: offset)
  }

  public func startWriting(_ file: OpenFile, at offset: Int, count: Int) {}
  public func startReading(_ file: OpenFile, at offset: Int, count: Int) {}
  public func forget(_ file: OpenFile, at offset: Int, count: Int) {}

  /// What unfinished files are called at the beginning, so that they can be told from finished ones.
  static var temporaryPrefix: String { ".unfinished-" }

  /// Clears away what interrupted writes left.
  func removeUnfinished(in directory: String) throws(StoreError) {
    for name in try names(in: directory) where name.hasPrefix(Self.temporaryPrefix) {
      try remove("\(directory)/\(name)")
    }
  }

  /// Writes all of the bytes.
  func writeAll(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(StoreError) {
    var written = 0
    while written < bytes.count {
      written += try write(.init(rebasing: bytes[written...]), to: file, at: offset + written)
    }
  }

  /// Writes all of the bytes, which are not going to be read soon.
  func writeAllDirectly(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(StoreError) {
    var written = 0
    while written < bytes.count {
      written += try writeDirectly(.init(rebasing: bytes[written...]), to: file, at: offset + written)
    }
  }

  /// Writes a file whole, and makes it durable under its name before it returns: a temporary file in the same
  /// directory is written and synced, renamed over `path`, and the directory synced. After a crash the name leads
  /// to the old content or to the new, never to a part. One at a time in a directory.
  ///
  /// - Parameter write: takes the file and writes it.
  func replace(
    _ path: String, _ write: (OpenFile) throws(StoreError) -> Void
  ) throws(StoreError) {
    let directory = FilePath.parent(of: path)
    let temporary = "\(directory)/\(Self.temporaryPrefix)\(getpid())"
    let file = try open(temporary, for: .writing)
    do throws(StoreError) {
      do throws(StoreError) {
        try write(file)
        try synchronize(file)
      } catch {
        // The error that matters is the first one.
        try? close(file)
        throw error
      }
      try close(file)
      try rename(temporary, to: path)
    } catch {
      // What could not be finished is of no use, and is cleared away at the next start where it cannot be now.
      try? remove(temporary)
      throw error
    }
    try synchronizeDirectory(directory)
  }

  /// Writes a file whole, and makes it durable under its name before it returns. After a crash the name leads to the old
  /// content or to the new, never to a part. One at a time in a directory.
  ///
  /// - Returns: the number of bytes written.
  public func replace(_ path: String, with chunks: [[UInt8]]) throws(StoreError) -> Int {
    var offset = 0
    try replace(path) { (file) throws(StoreError) in
      for chunk in chunks {
        let start = offset
        try chunk.span.bytes.withUnsafeBytes { (bytes) throws(StoreError) in try writeAll(bytes, to: file, at: start) }
        offset += chunk.count
      }
    }
    return offset
  }

  /// All bytes of a file.
  func read(_ path: String) throws(StoreError) -> [UInt8] {
    let file = try open(path, for: .reading)
    do throws(StoreError) {
      var bytes = [UInt8](repeating: 0, count: try size(of: file))
      var offset = 0
      while offset < bytes.count {
        var span = bytes.mutableSpan
        let start = offset
        let got = try span.withUnsafeMutableBytes { (buffer) throws(StoreError) in
          try read(into: .init(rebasing: buffer[start...]), from: file, at: start)
        }
        if got == 0 { break }
        offset += got
      }
      bytes.removeLast(bytes.count - offset)
      try close(file)
      return bytes
    } catch {
      try? close(file)
      throw error
    }
  }
}

/// Paths taken apart.
enum FilePath {
  /// What a path is in.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
