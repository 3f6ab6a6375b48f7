internal import Glibc
internal import Synchronization

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

  /// Runs the body on a new thread and delivers its value once the thread has let go of all that the body held, such
  /// as sockets.
  ///
  /// - Throws: when the operating system starts no more threads.
  static func start<Value: Sendable>(
    named name: String, fulfilling completion: Completion<Value>, _ body: @escaping @Sendable () -> Value
  ) throws(DaemonError) {
    let once = Once(body)
    try start(named: name) { completion.fulfill(once.run()) }
  }

  /// A body that is gone when it has run.
  private final class Once<Value: Sendable>: Sendable {
    private let body: Mutex<(@Sendable () -> Value)?>

    init(_ body: @escaping @Sendable () -> Value) {
      self.body = Mutex(body)
    }

    func run() -> Value {
      // Only the thread that is started with it has it, and calls this once.
      guard let body = body.withLock({ $0.take() }) else { preconditionFailure("a thread runs its body once") }
      return body()
    }
  }
}
