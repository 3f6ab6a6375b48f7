internal import OperatingThreads

/// Threads for what waits in system calls while the main thread serves the terminal.
enum BackgroundThread {
  /// Runs the body on a new thread, which ends with the process at the latest. Signals go to other threads.
  ///
  /// - Throws: `failed` when the operating system starts no more threads.
  static func start(_ body: @escaping @Sendable () -> Void) throws(ToolError) {
    do throws(OperatingThread.Failure) {
      try OperatingThread(named: "whittle-wait", signals: .none, body).detach()
    } catch {
      throw .failed(reason: "\(error)")
    }
  }
}
