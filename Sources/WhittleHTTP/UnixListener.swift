internal import Glibc
internal import NIOCore

/// Why nothing can be listened to at an address.
struct CannotListen: Error {
  let reason: String

  /// With the reason of the last call that failed.
  static var system: CannotListen { CannotListen(reason: String(cString: strerror(errno))) }
}

/// A Unix socket that is listened to: its file, and who may connect.
struct UnixListener {
  let path: String
  private let mode: mode_t
  private let group: gid_t?

  /// - Parameter group: its name; nil for the process's own.
  /// - Throws: where there is no such group, or somebody else listens at the path.
  init(path: String, mode: UInt32, group: String?) throws {
    self.path = path
    self.mode = mode
    self.group = try group.map(UnixListener.identifier)
    if try UnixListener.isAnswered(path) { throw CannotListen(reason: String(cString: strerror(EADDRINUSE))) }
  }

  /// Lets those connect who may, once the socket is bound. Before, nobody but the process's user could, with the usual umask.
  func open() throws {
    if let group, chown(path, uid_t.max, group) != 0 { throw CannotListen.system }
    guard chmod(path, mode) == 0 else { throw CannotListen.system }
  }

  /// Removes the socket's file.
  func remove() { unlink(path) }

  private static func identifier(of group: String) throws -> gid_t {
    var (entry, found) = (Glibc.group(), UnsafeMutablePointer<Glibc.group>?.none)
    var names = [CChar](repeating: 0, count: 65_536)
    let code = getgrnam_r(group, &entry, &names, names.count, &found)
    guard code == 0 else { throw CannotListen(reason: String(cString: strerror(code))) }
    guard found != nil else { throw CannotListen(reason: "there is no group \(group)") }
    return entry.gr_gid
  }

  /// Whether somebody listens there: what is bound to a path takes it over, also from one who does.
  private static func isAnswered(_ path: String) throws -> Bool {
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { throw CannotListen.system }
    defer { close(socket) }
    return try SocketAddress(unixDomainSocketPath: path).withSockAddr { connect(socket, $0, socklen_t($1)) } == 0
  }
}
