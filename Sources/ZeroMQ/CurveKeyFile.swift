internal import Glibc

/// Why a file of keys cannot be used: which, what is wrong, and how to mend it.
public enum CurveKeyFileError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  /// Others than its owner may read a secret key.
  case exposed(path: String, mode: String)
  /// Others than its owner may add keys.
  case writable(path: String, mode: String)
  case noSecretKey(path: String)
  case noPublicKey(path: String, line: Int?)
  case exists(path: String)
  case unwritable(path: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
    case .exposed(let path, let mode):
      "\(path) holds a secret key, and its mode is \(mode), so that others may have read it; make new keys, or, where nobody did, "
        + "chmod 600 \(path)"
    case .writable(let path, let mode):
      "\(path) says who may connect, and its mode is \(mode), so that others may change it; chmod go-w \(path)"
    case .noSecretKey(let path):
      "\(path) does not hold a secret key, which is one line of 40 characters of Z85; whittle keygen makes one"
    case .noPublicKey(let path, let line):
      "\(path)\(line.map { ":\($0)" } ?? "") does not hold a public key: a line is 40 characters of Z85, and a name if you like"
    case .exists(let path): "\(path) is there already; keys are never written over"
    case .unwritable(let path, let reason): "cannot write \(path): \(reason)"
    }
  }
}

/// Keys in files: a secret key is one line of Z85 in a file that only its owner may read; public keys are lines of a key and a name.
public enum CurveKeyFile {
  /// A public key, and what people call its owner.
  public struct Entry: Sendable, Equatable {
    public let key: CurveKey
    public let name: String
  }

  /// Of a file's bytes, at most so many are read.
  private static let largest = 16 << 20

  /// Reads a secret key.
  ///
  /// - Throws: where the file cannot be read, others may read it, or it holds none. A file that systemd has made of a credential may
  ///   be read by its group, as which such a file's list of users shows.
  public static func pair(at path: String) throws(CurveKeyFileError) -> CurveKeyPair {
    let (text, mode) = try read(path)
    let isCredential = getenv("CREDENTIALS_DIRECTORY").map { path.hasPrefix(String(cString: $0) + "/") } ?? false
    guard mode & (isCredential ? 0o037 : 0o077) == 0 else { throw .exposed(path: path, mode: octal(mode)) }
    guard let pair = CurveKeyPair(secretText: text.trimmed) else { throw .noSecretKey(path: path) }
    return pair
  }

  /// Reads the one public key that a file holds, which may have any mode.
  public static func publicKey(at path: String) throws(CurveKeyFileError) -> CurveKey {
    let entries = try parse(try read(path).text, path)
    guard entries.count == 1 else { throw .noPublicKey(path: path, line: nil) }
    return entries[0].key
  }

  /// Reads the public keys of a file, or of the files in a directory whose names end in `.pub`.
  ///
  /// - Throws: where one cannot be read, holds something else, or others than its owner may change it.
  public static func list(at path: String) throws(CurveKeyFileError) -> [Entry] {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .unreadable(path: path, reason: lastReason) }
    guard status.st_mode & S_IFMT == S_IFDIR else { return try listFile(path) }
    guard status.st_mode & 0o022 == 0 else { throw .writable(path: path, mode: octal(status.st_mode)) }
    guard let directory = opendir(path) else { throw .unreadable(path: path, reason: lastReason) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasSuffix(".pub"), !name.hasPrefix(".") { names.append(name) }
    }
    var entries: [Entry] = []
    for name in names.sorted() { entries += try listFile("\(path)/\(name)") }
    return entries
  }

  /// Writes a secret key to a new file that only its owner may read, and the public one to `path` with `.pub` after it.
  ///
  /// - Throws: where either is there already, or cannot be written.
  public static func write(_ pair: CurveKeyPair, name: String, to path: String) throws(CurveKeyFileError) {
    let open = path + ".pub"
    guard access(open, F_OK) != 0 else { throw .exists(path: open) }
    try create(path, "\(pair.secretText)\n", mode: 0o600)
    do throws(CurveKeyFileError) {
      try create(open, "\(pair.publicKey) \(name)\n", mode: 0o644)
    } catch {
      unlink(path)
      throw error
    }
  }

  private static func create(_ path: String, _ text: String, mode: mode_t) throws(CurveKeyFileError) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard file >= 0 else {
      throw errno == EEXIST ? .exists(path: path) : .unwritable(path: path, reason: lastReason)
    }
    defer { close(file) }
    let bytes = Array(text.utf8)
    // Whatever the process's mask is: the mode that others rely on.
    guard fchmod(file, mode) == 0, Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
      let reason = lastReason
      unlink(path)
      throw .unwritable(path: path, reason: reason)
    }
  }

  private static func listFile(_ path: String) throws(CurveKeyFileError) -> [Entry] {
    let (text, mode) = try read(path)
    guard mode & 0o022 == 0 else { throw .writable(path: path, mode: octal(mode)) }
    return try parse(text, path)
  }

  private static func parse(_ text: String, _ path: String) throws(CurveKeyFileError) -> [Entry] {
    var entries: [Entry] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = String(line).trimmed
      let first = line.prefix { $0 != " " && $0 != "\t" }
      // No key begins with #: five characters of Z85 are at most 2³² - 1, and that begins with a smaller one.
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let key = CurveKey(String(first)) else { throw .noPublicKey(path: path, line: number + 1) }
      entries.append(Entry(key: key, name: String(line.dropFirst(first.count)).trimmed))
    }
    return entries
  }

  private static func read(_ path: String) throws(CurveKeyFileError) -> (text: String, mode: mode_t) {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw .unreadable(path: path, reason: lastReason) }
    defer { close(file) }
    var status = stat()
    // Of the open file: by its name it may be another one by now.
    guard fstat(file, &status) == 0 else { throw .unreadable(path: path, reason: lastReason) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "it is no file") }
    guard status.st_size <= largest else { throw .unreadable(path: path, reason: "it is too large for a list of keys") }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= largest {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(path: path, reason: lastReason) }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    return (String(decoding: bytes, as: UTF8.self), status.st_mode & 0o7777)
  }

  private static var lastReason: String { String(cString: strerror(errno)) }

  private static func octal(_ mode: mode_t) -> String { "0" + String(mode & 0o7777, radix: 8) }
}

extension String {
  fileprivate var trimmed: String {
    let isSpace = { (character: Character) in character.isWhitespace }
    let rest = drop(while: isSpace)
    guard let last = rest.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(rest[...last])
  }
}
