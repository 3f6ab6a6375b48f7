internal import OperatingThreads
internal import Synchronization

extension OperatingThread {
  /// Runs the body on a new thread and delivers its value once the thread has let go of all that the body held, such
  /// as sockets.
  ///
  /// - Throws: when the operating system starts no more threads.
  static func start<Value: Sendable>(
    named name: String, fulfilling completion: Completion<Value>, _ body: @escaping @Sendable () -> Value
  ) throws(DaemonError) {
    let once = Once(body)
    do throws(Failure) {
      try OperatingThread(named: name) { completion.fulfill(once.run()) }.detach()
    } catch {
      throw .thread(name: name, code: error.code)
    }
  }
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
