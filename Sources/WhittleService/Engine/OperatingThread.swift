internal import Glibc

/// Starts threads of the operating system's. The engine, the publisher and the writer block in system calls, which
/// the cooperative pool's threads must not.
enum OperatingThread {
  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  /// Runs the body on a new thread, to its end.
  ///
  /// - Parameter name: for the error.
  /// - Throws: when the operating system starts no more threads.
  static func start(named name: String, _ body: @escaping @Sendable () -> Void) throws(DaemonError) {
    let box = Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        // Every thread is handed the retained box above, and takes it over here.
        guard let argument else { return nil }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw .thread(name: name, code: code)
    }
    pthread_detach(thread)
  }
}
