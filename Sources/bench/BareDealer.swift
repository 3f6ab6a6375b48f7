internal import Glibc

/// A DEALER that speaks ZMTP 3 (rfc.zeromq.org/spec/37) over a Unix socket by itself, on its user's thread alone: so that asking
/// costs a machine little more than what answering does.
struct BareDealer: ~Copyable {
  private let descriptor: Int32
  /// What came and has not been taken apart.
  private var received: [UInt8] = []
  private var room = [UInt8](repeating: 0, count: 16 << 10)

  /// What a frame's first byte says of it.
  private enum Flag {
    static let more: UInt8 = 1
    static let long: UInt8 = 2
    static let command: UInt8 = 4
  }

  /// Signature, version 3.0, the mechanism NULL, and no server: 64 bytes.
  private static let greeting: [UInt8] =
    [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0] + Array("NULL".utf8) + Array(repeating: 0, count: 48)
  private static let ready: [UInt8] =
    [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("DEALER".utf8)

  /// For how long one read waits, in seconds, before the other side counts as dead.
  private static let patience = 10

  /// - Parameter endpoint: as `ipc://PATH`.
  /// - Throws: `BenchError.program` where nobody listens there, or nobody who speaks ZMTP 3.
  init(endpoint: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw BareDealer.systemFailure("no socket") }
    var limit = timeval(tv_sec: BareDealer.patience, tv_usec: 0)
    guard setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size)) == 0 else {
      throw BareDealer.systemFailure("no limit of time")
    }
    try connect(String(endpoint.dropFirst("ipc://".count)))
    try send(BareDealer.greeting)
    while received.count < BareDealer.greeting.count { try receive(waits: true) }
    received.removeFirst(BareDealer.greeting.count)
    try send([Flag.command, UInt8(BareDealer.ready.count)] + BareDealer.ready)
    while takeFrame() == nil { try receive(waits: true) }
  }

  deinit { close(descriptor) }

  /// Asks, behind an empty frame as REQ does it.
  func ask(_ question: [UInt8]) throws {
    let size = question.count
    let head =
      size < 256
      ? [0, UInt8(size)]
      : [Flag.long] + stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> $0) }
    try send([Flag.more, 0] + head + question)
  }

  /// Takes the answers that have come; waits for none.
  ///
  /// - Returns: how many.
  mutating func takeAnswers() throws -> Int {
    try receive(waits: false)
    var answers = 0
    while let flags = takeFrame() {
      if flags & (Flag.more | Flag.command) == 0 { answers += 1 }
    }
    return answers
  }

  /// - Returns: its first byte; nil where it has not come whole.
  private mutating func takeFrame() -> UInt8? {
    guard let flags = received.first else { return nil }
    let start = flags & Flag.long == 0 ? 2 : 9
    guard received.count >= start else { return nil }
    let size = received[1..<start].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard UInt64(received.count - start) >= size else { return nil }
    received.removeFirst(start + Int(size))
    return flags
  }

  private func connect(_ path: String) throws {
    let result = try UnixAddress.with(path) { Glibc.connect(descriptor, $0, $1) }
    guard result == 0 else { throw BareDealer.systemFailure("cannot connect to \(path)") }
  }

  private func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw BareDealer.systemFailure("sending failed") }
      sent += count
    }
  }

  /// Reads what there is, or waits until there is something.
  private mutating func receive(waits: Bool) throws {
    let count = recv(descriptor, &room, room.count, waits ? 0 : Int32(MSG_DONTWAIT))
    if count < 0, errno == EINTR || !waits && errno == EAGAIN { return }
    guard count >= 0 else { throw BareDealer.systemFailure("no answer in \(BareDealer.patience) seconds") }
    guard count > 0 else { throw BareDealer.failure("the other side closed the connection") }
    received += room[..<count]
  }

  private static func failure(_ text: String) -> BenchError { .program("a bare DEALER", said: text) }

  private static func systemFailure(_ text: String) -> BenchError {
    failure("\(text) (\(String(cString: strerror(errno))))")
  }
}
