internal import FoundationEssentials
internal import Glibc
internal import HTTPTypes
internal import Synchronization

/// Who may ask over HTTP: whoever shows the token, where there is one.
///
/// A program shows it as `Authorization: Bearer TOKEN`. A browser asks its user for a password, and shows that with all that the
/// page loads and listens to.
final class HTTPDoor: Sendable {
  /// How a request came.
  enum Way {
    case network, loopback
    /// Over a Unix socket, whose mode has said already who may ask.
    case unixSocket
  }

  private let token: Mutex<[UInt8]?>
  private let refusals = Atomic<UInt64>(0)

  /// - Parameter token: nil where none is asked for.
  init(token: [UInt8]?) { self.token = Mutex(token) }

  /// Asks for another token from here on.
  ///
  /// - Returns: whether it is another one.
  func change(token new: [UInt8]?) -> Bool {
    token.withLock { token in
      defer { token = new }
      return token != new
    }
  }

  /// How many requests showed no token, or a wrong one.
  var refusedRequests: UInt64 { refusals.load(ordering: .relaxed) }

  /// Whether a request may be answered; counts those that may not.
  func admits(_ request: HTTPRequest, over way: Way) -> Bool {
    guard let token = token.withLock({ $0 }), way != .unixSocket else { return true }
    if let shown = HTTPDoor.shown(request.headerFields[.authorization]), HTTPDoor.areEqual(shown, token) { return true }
    refusals.wrappingAdd(1, ordering: .relaxed)
    return false
  }

  /// The token that a field shows, whether right or wrong.
  private static func shown(_ field: String?) -> [UInt8]? {
    guard let field, let space = field.firstIndex(of: " ") else { return nil }
    let rest = field[space...].drop { $0 == " " }
    switch field[..<space].lowercased() {
    case "bearer": return Array(rest.utf8)
    case "basic":
      guard let pair = Data(base64Encoded: String(rest)), let colon = pair.firstIndex(of: UInt8(ascii: ":"))
      else { return nil }
      return Array(pair[(colon + 1)...])
    default: return nil
    }
  }

  /// Takes as long where the first byte is another as where the last one is: time tells nothing of a token but its length.
  static func areEqual(_ shown: [UInt8], _ token: [UInt8]) -> Bool {
    var difference = shown.count ^ token.count
    for index in token.indices {
      difference |= Int(token[index] ^ (index < shown.count ? shown[index] : 0))
    }
    return difference == 0
  }
}

/// Why a file of a token cannot be used: what is wrong, and how to mend it. Never says what the file holds.
struct TokenFileError: Error, Equatable {
  let reason: String
}

extension HTTPDoor {
  /// A token that can be guessed is none; one that no header has room for, neither. Bytes.
  private static let tokenLength = 16...1024

  /// The token in a file.
  static func token(at path: String) throws(TokenFileError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw unreadable(path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw unreadable(path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw TokenFileError(reason: "\(path) is not a file") }
    // The list of users of a file that systemd has made of a credential shows as its group's rights.
    let isCredential = getenv("CREDENTIALS_DIRECTORY").map { path.hasPrefix(String(cString: $0) + "/") } ?? false
    guard status.st_mode & (isCredential ? 0o037 : 0o077) == 0 else {
      throw TokenFileError(
        reason: "\(path) has mode 0\(String(status.st_mode & 0o7777, radix: 8)), so that others than its owner may "
          + "read the token; make a new one, or, where nobody did, chmod 600 \(path)")
    }
    // More than a token may have, to see that it is too long.
    var bytes = [UInt8](repeating: 0, count: tokenLength.upperBound + 3)
    let count = read(file, &bytes, bytes.count)
    guard count >= 0 else { throw unreadable(path) }
    let token = bytes[..<count].reversed().drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.reversed()
    guard tokenLength.contains(token.count), token.allSatisfy({ UInt8(ascii: "!")...UInt8(ascii: "~") ~= $0 }) else {
      throw TokenFileError(
        reason: "\(path) does not hold a token: one line of \(tokenLength.lowerBound) to \(tokenLength.upperBound) "
          + "letters, digits and signs without spaces; openssl rand -hex 32 makes one")
    }
    return Array(token)
  }

  private static func unreadable(_ path: String) -> TokenFileError {
    TokenFileError(reason: "cannot read \(path): \(String(cString: strerror(errno)))")
  }
}
