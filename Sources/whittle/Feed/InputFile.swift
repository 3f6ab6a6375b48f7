internal import Glibc

/// One file, or standard input, read from beginning to end in pieces.
final class InputFile {
  /// The name on the command line that stands for standard input.
  static let standardInput = "-"

  /// The file's path, for messages.
  let name: String
  /// The number of bytes in a regular file; nil for pipes and the like, which cannot be read twice.
  let size: Int?
  private(set) var bytesRead = 0
  private let descriptor: Int32

  /// - Throws: `cannotOpen`.
  init(_ path: String) throws(ToolError) {
    if path == InputFile.standardInput {
      name = "standard input"
      descriptor = STDIN_FILENO
    } else {
      name = path
      descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw .cannotOpen(file: path, reason: String(cString: strerror(errno)))
      }
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      if descriptor != STDIN_FILENO { close(descriptor) }
      throw .cannotOpen(file: name, reason: reason)
    }
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR {
      if descriptor != STDIN_FILENO { close(descriptor) }
      throw .cannotOpen(file: name, reason: "it is a directory")
    }
    size = kind == S_IFREG ? Int(status.st_size) : nil
  }

  /// What `size` will be, without opening: a pipe that is opened and closed again is lost to its writer.
  ///
  /// - Throws: `cannotOpen` when there is no such file or it may not be read.
  static func size(of path: String) throws(ToolError) -> Int? {
    var status = stat()
    let found = path == standardInput ? fstat(STDIN_FILENO, &status) : stat(path, &status)
    guard found == 0, path == standardInput || access(path, R_OK) == 0 else {
      throw .cannotOpen(file: path, reason: String(cString: strerror(errno)))
    }
    return status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
  }

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// The next piece, empty at the end.
  ///
  /// - Throws: `cannotRead`.
  func read() throws(ToolError) -> [UInt8] {
    let capacity = 1 << 16
    while true {
      var failure: Int32 = 0
      let piece = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        let received = Glibc.read(descriptor, buffer.baseAddress, capacity)
        if received < 0 { failure = errno }
        count = max(received, 0)
      }
      if failure == 0 {
        bytesRead += piece.count
        return piece
      }
      if failure != EINTR { throw .cannotRead(file: name, reason: String(cString: strerror(failure))) }
    }
  }
}
