import Glibc

/// A thread that runs one body and can be waited for. Sockets belong to threads, and a blocked `zmq_recv` must
/// not hold up the cooperative pool's.
final class OwnedThread<Result> {
  private final class Box {
    let body: () -> Result
    var result: Result?
    init(_ body: @escaping () -> Result) { self.body = body }
  }

  private let box: Box
  private let thread: pthread_t

  init(_ body: @escaping @Sendable () -> Result) {
    box = Box(body)
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(Erased(run: { [box] in box.result = box.body() })).toOpaque()
    let failure = pthread_create(&thread, nil, runErased, argument)
    precondition(failure == 0, "cannot create a thread: \(failure)")
    self.thread = thread
  }

  /// Waits for the body to return. Call it once.
  func join() -> Result {
    pthread_join(thread, nil)
    // The join orders the write before this read.
    return box.result!
  }
}

/// What a C function pointer can carry: a closure without type parameters.
private final class Erased {
  let run: () -> Void
  init(run: @escaping () -> Void) { self.run = run }
}

private func runErased(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  Unmanaged<Erased>.fromOpaque(argument!).takeRetainedValue().run()
  return nil
}
