internal import Glibc
internal import Synchronization

/// Tells systemd how the daemon is doing: datagrams to the socket that `$NOTIFY_SOCKET` names (sd_notify(3)).
/// Without that variable it does nothing. Safe from every thread.
public final class SystemdNotifier: Sendable {
  private let path: String?
  /// Opened once: also when no more files may be open, the watchdog hears of the daemon. -1 where nobody is told.
  private let socket: Int32
  /// Seconds within which systemd wants to hear that the daemon gets on; nil where it does not listen for that.
  let watchdogSeconds: Double?
  private struct Status {
    var line = ""
    var remark: String?

    var text: String { [line, remark ?? ""].filter { !$0.isEmpty }.joined(separator: "; ") }
  }

  private let shown = Mutex(Status())

  /// - Parameters:
  ///   - path: the value of `NOTIFY_SOCKET`; a leading `@` stands for Linux' abstract namespace.
  ///   - watchdogSeconds: how often it wants to hear that the daemon gets on; nil for never.
  public init(path: String?, watchdogSeconds: Double? = nil) {
    self.path = path
    self.watchdogSeconds = watchdogSeconds
    guard let path, !path.isEmpty else {
      socket = -1
      return
    }
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    // Nobody who does not listen may hold up a start, or the end.
    var limit = timeval(tv_sec: 1, tv_usec: 0)
    _ = setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit {
    if socket >= 0 { close(socket) }
  }

  /// As systemd has it in a service's variables: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
  public convenience init(environment: [String: String]) {
    var seconds: Double?
    if environment["WATCHDOG_PID"].map({ $0 == String(getpid()) }) ?? true,
      let microseconds = environment["WATCHDOG_USEC"].flatMap(UInt64.init), microseconds > 0
    {
      seconds = Double(microseconds) * 1e-6
    }
    self.init(path: environment["NOTIFY_SOCKET"], watchdogSeconds: seconds)
  }

  /// Whether anybody is told.
  var isHeard: Bool { socket >= 0 }

  /// Sockets are bound and the model is restored; or the configuration has been read again.
  func ready() { send("READY=1") }

  /// The configuration is about to be read again. `ready` follows.
  func reloading() {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    send("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
  }

  /// The daemon has begun to stop.
  func stopping() { send("STOPPING=1") }

  /// A start or stop gets on, and is not to be cut off within these seconds.
  func extendTimeout(seconds: Double) { send("EXTEND_TIMEOUT_USEC=\(Int(seconds * 1e6))", waiting: false) }

  /// The daemon gets on, as `watchdogSeconds` wants to hear.
  ///
  /// - Returns: whether it could be told.
  func isAlive() -> Bool { send("WATCHDOG=1", waiting: false) }

  /// A short line for `systemctl status`. Where it is the same as before nothing is sent; where nobody takes it at once, it is left
  /// out.
  func status(_ line: String) { show { $0.line = line } }

  /// What stands behind every status line from here on; nil for nothing.
  func remark(_ remark: String?) { show { $0.remark = remark } }

  private func show(_ change: (inout Status) -> Void) {
    let text = shown.withLock { shown -> String? in
      let before = shown.text
      change(&shown)
      return shown.text == before ? nil : shown.text
    }
    if let text { send("STATUS=\(text.replacing("\n", with: " "))", waiting: false) }
  }

  /// - Parameter waiting: whether to wait, for a second, until the socket takes it.
  /// - Returns: whether it was sent.
  @discardableResult
  private func send(_ state: String, waiting: Bool = true) -> Bool {
    guard let path, socket >= 0 else { return false }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(path.utf8)
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    // One byte stays zero, as the end of a path.
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let bytes = Array(state.utf8)
    let flags = Int32(MSG_NOSIGNAL) | (waiting ? 0 : Int32(MSG_DONTWAIT))
    // Nobody to tell is no reason to stop: systemd itself decides what a missing word means.
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(socket, bytes, bytes.count, flags, $0, length) == bytes.count
      }
    }
  }
}
