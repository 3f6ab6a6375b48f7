import Glibc

@testable import WhittleService

/// A datagram socket as systemd has one for its services' words.
final class NotifySocket: Sendable {
  /// As `NOTIFY_SOCKET` would have it: a path, or a name that begins with `@`.
  let name: String
  private let descriptor: Int32

  struct Failure: Error {}

  init(_ name: String) throws {
    self.name = name
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure() }
    // Long enough for a machine that is busy with other tests.
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(name.utf8)
    if name.hasPrefix("@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard result == 0 else { throw Failure() }
  }

  deinit {
    close(descriptor)
  }

  /// The next word; nil when none comes. Blocks.
  func next() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// All that comes within these seconds.
  func words(within seconds: Double) -> [String] {
    let end = monotonicSeconds() + seconds
    var words: [String] = []
    var place = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let left = end - monotonicSeconds()
      if left <= 0 { return words }
      if poll(&place, 1, Int32(left * 1000) + 1) > 0 { words += rest() }
    }
  }

  /// All that has come and was not taken.
  func rest() -> [String] {
    var words: [String] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count < 0 { return words }
      words.append(String(decoding: buffer[..<count], as: UTF8.self))
    }
  }
}
