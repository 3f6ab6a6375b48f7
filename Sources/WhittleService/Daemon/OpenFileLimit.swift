internal import Glibc
public import Logging

/// How many files and sockets the process may have open: `ulimit -n`.
public struct OpenFileLimit: Sendable {
  /// As of now; nil where it is not known.
  public let value: UInt64?

  /// Fewer do not do: some forty are the daemon's own, and libraries that find none left end the process.
  static let least: UInt64 = 64
  /// With fewer, connections are soon refused.
  static let comfortable: UInt64 = 256

  /// Raises the limit as far as the system lets it. To be called before anything is opened.
  ///
  /// - Throws: where so few may be open that the daemon could not live.
  public init() throws(DaemonError) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      value = nil
      return
    }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      // Where even that is forbidden, it has to do as it is.
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
    }
    if limit.rlim_cur < OpenFileLimit.least {
      throw .openFiles(limit: UInt64(limit.rlim_cur), needed: OpenFileLimit.least)
    }
    value = UInt64(limit.rlim_cur)
  }

  /// Warns where connections will soon be refused.
  public func tell(_ logger: Logger) {
    guard let value, value < OpenFileLimit.comfortable else { return }
    logger.warning(
      """
      few files and sockets may be open, so that connections are soon refused; raise LimitNOFILE= in the unit, or ulimit -n
      """, metadata: ["limit": "\(value)"])
  }
}
