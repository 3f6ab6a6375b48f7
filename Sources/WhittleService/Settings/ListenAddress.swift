/// Where an HTTP server listens: `HOST:PORT`, where an IPv6 address stands in brackets, or `unix:PATH`.
public enum ListenAddress: Sendable, Equatable {
  /// The host without brackets; port 0 for any free one.
  case tcp(host: String, port: Int)
  case unix(path: String)

  private static let unixPrefix = "unix:"
  /// What the address of a Unix socket has room for. Bytes.
  private static let longestPath = 107

  /// - Returns: nil where the text is no such address.
  public init?(_ text: String) {
    if text.hasPrefix(ListenAddress.unixPrefix) {
      let path = String(text.dropFirst(ListenAddress.unixPrefix.count))
      guard path.contains("/"), !path.contains("\0"), path.utf8.count <= ListenAddress.longestPath else { return nil }
      self = .unix(path: path)
      return
    }
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let (host, digits) = (text[..<colon], text[text.index(after: colon)...])
    guard let port = UInt16(digits), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") {
      let inner = String(host.dropFirst().dropLast())
      guard inner.contains(":"), inner.allSatisfy({ $0.isHexDigit || ":.%".contains($0) }) else { return nil }
      self = .tcp(host: inner, port: Int(port))
    } else {
      guard !host.isEmpty, host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) })
      else { return nil }
      self = .tcp(host: String(host), port: Int(port))
    }
  }

  /// The address of a Unix socket, as it is told.
  public static func text(ofUnixSocket path: String) -> String { unixPrefix + path }

  /// Whether nobody reaches it but from this machine, whatever a name means today.
  public var isLocal: Bool {
    switch self {
    case .unix: true
    case .tcp(let host, _):
      host == "localhost" || host == "::1" || host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
    }
  }
}
