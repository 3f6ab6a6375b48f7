internal import Glibc
internal import ZeroMQ

/// Who may connect to the daemon's `ipc://` endpoints: the mode and the group of their files.
struct LocalAccess: Sendable {
  let mode: UInt32
  /// Nil for the group that the process makes files with.
  let group: UInt32?

  /// - Throws: where there is no group of that name.
  init(_ settings: Settings.Security) throws(DaemonError) {
    mode = settings.ipcMode
    guard let name = settings.ipcGroup else {
      group = nil
      return
    }
    guard let number = UInt32(name) ?? LocalAccess.number(of: name) else {
      throw .unusable("security.ipc_group: there is no group \(name) on this machine")
    }
    group = number
  }

  private static func number(of name: String) -> UInt32? {
    var (record, found) = (Glibc.group(), UnsafeMutablePointer<Glibc.group>?.none)
    var buffer = [CChar](repeating: 0, count: 1 << 16)
    guard getgrnam_r(name, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return record.gr_gid
  }
}
