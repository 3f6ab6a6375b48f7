internal import Glibc
internal import Logging

/// The socket on which systemd's journal takes entries with fields (systemd.journal-fields(7), "native protocol").
///
/// An entry is one datagram of fields: `NAME=value`, or, where the value has more than one line, the name, a line feed, the length in
/// eight bytes, least first, and the value; each ends with a line feed.
///
/// Safe from every thread.
public final class JournalSocket: Sendable {
  /// Where it is on every machine that has one.
  public static let systemPath = "/run/systemd/journal/socket"
  /// Bytes of a value, and of an entry: longer ones are cut, so that every entry fits in a datagram.
  static let longestValue = 16 << 10
  static let longestEntry = 64 << 10
  /// Bytes of a field's name that the journal takes.
  private static let longestName = 64

  private let path: String
  private let socket: Int32

  public init(path: String) {
    self.path = path
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    // Nobody waits for the journal for longer, whatever is wrong with it.
    var limit = timeval(tv_sec: 1, tv_usec: 0)
    _ = setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    if socket >= 0 { close(socket) }
  }

  /// Whether standard error leads to the journal.
  ///
  /// - Parameter stream: the value of `JOURNAL_STREAM`, device and inode; nil where there is none.
  public static func isStandardError(_ stream: String?) -> Bool {
    var status = stat()
    guard let stream, fstat(STDERR_FILENO, &status) == 0 else { return false }
    return stream == "\(status.st_dev):\(status.st_ino)"
  }

  /// Sends a line as an entry. What is less severe than an error is not waited for.
  ///
  /// - Returns: whether it was taken.
  func send(_ line: LogLine) -> Bool {
    guard socket >= 0 else { return false }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count + 1)
    let bytes = JournalSocket.entry(line)
    let flags = Int32(MSG_NOSIGNAL) | (line.level >= .error ? 0 : Int32(MSG_DONTWAIT))
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(socket, bytes, bytes.count, flags, $0, length) == bytes.count
      }
    }
  }

  /// A line as the journal takes it.
  static func entry(_ line: LogLine) -> [UInt8] {
    var bytes: [UInt8] = []
    append("MESSAGE", line.words, to: &bytes)
    append("PRIORITY", String(line.priority), to: &bytes)
    append("SYSLOG_IDENTIFIER", "whittled", to: &bytes)
    append("WHITTLE_MESSAGE", line.message, to: &bytes)
    for (key, value) in line.fields.sorted(by: { $0.key < $1.key }) {
      append("WHITTLE_" + name(of: key), value, to: &bytes)
    }
    return bytes
  }

  /// Capitals, digits and underscores.
  private static func name(of key: String) -> String {
    String(
      String.UnicodeScalarView(
        key.uppercased().unicodeScalars.map { ("A"..."Z").contains($0) || ("0"..."9").contains($0) ? $0 : "_" }))
  }

  private static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) {
    // A cut may fall into a character; the journal takes any bytes.
    let value = value.utf8.prefix(longestValue)
    guard name.utf8.count <= longestName, bytes.count + value.count + 80 <= longestEntry else { return }
    bytes += name.utf8
    if value.contains(UInt8(ascii: "\n")) {
      bytes.append(UInt8(ascii: "\n"))
      withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes += $0 }
    } else {
      bytes.append(UInt8(ascii: "="))
    }
    bytes += value
    bytes.append(UInt8(ascii: "\n"))
  }
}
