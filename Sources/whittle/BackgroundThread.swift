internal import Glibc

/// Threads for what waits in system calls while the main thread serves the terminal.
enum BackgroundThread {
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs the body on a new thread, which ends with the process at the latest. Signals go to other threads.
  ///
  /// - Throws: `failed` when the operating system starts no more threads.
  static func start(_ body: @escaping @Sendable () -> Void) throws(ToolError) {
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    // A new thread has the mask of the one that starts it.
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let box = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        // Every thread is handed the retained box above, and takes it over here.
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw .failed(reason: "cannot start a thread: \(String(cString: strerror(code)))")
    }
    pthread_detach(thread)
  }
}
