internal import Glibc

/// The address of a Unix socket in the file system.
enum UnixAddress {
  /// Lends the address, as the system's calls take it.
  ///
  /// - Throws: `BenchError.program` where the path is too long for one.
  static func with(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // One byte stays zero, as the end of the path.
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw BenchError.program(
        "a Unix socket", said: "\(path) is too long for its address; set TMPDIR to a shorter one")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }
}
