internal import Glibc

/// Tells systemd how the daemon is doing: datagrams to the socket that `$NOTIFY_SOCKET` names (sd_notify(3)).
/// Without that variable it does nothing. Safe from every thread.
public struct SystemdNotifier: Sendable {
  private let path: String?

  /// - Parameter path: the value of `NOTIFY_SOCKET`; a leading `@` stands for Linux' abstract namespace.
  public init(path: String?) {
    self.path = path
  }

  /// Sockets are bound and the model is restored.
  func ready() { send("READY=1") }
  /// The daemon has begun to stop.
  func stopping() { send("STOPPING=1") }
  /// A short line for `systemctl status`. Where nobody takes it at once, it is left out.
  func status(_ line: String) { send("STATUS=\(line.replacing("\n", with: " "))", waiting: false) }

  /// - Parameter waiting: whether to wait, for a second, until the socket takes it.
  private func send(_ state: String, waiting: Bool = true) {
    guard let path, !path.isEmpty else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    // One byte stays zero, as the end of a path.
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return }
    defer { close(socket) }
    // Nobody who does not listen may hold up a start, or the end.
    var limit = timeval(tv_sec: 1, tv_usec: 0)
    _ = setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let bytes = Array(state.utf8)
    let flags = Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT))
    // Nobody to tell is no reason to stop: systemd itself decides what a missing word means.
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(socket, bytes, bytes.count, flags, $0, length)
      }
    }
  }
}
