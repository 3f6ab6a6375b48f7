internal import CLinux
internal import Glibc

/// A thread of the operating system's, for what blocks in system calls: the threads of the cooperative pool must not.
public struct OperatingThread {
  /// Why there is no thread.
  public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    /// As `pthread_create` returns it.
    public let code: Int32

    public var description: String { "cannot start a thread: \(String(cString: strerror(code)))" }
  }

  /// Who gets the process's signals.
  public enum Signals: Sendable {
    case all
    /// None: other threads do.
    case none
  }

  private final class Body {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  private var thread = pthread_t()

  /// Runs the body on a new thread, which `join` waits for.
  ///
  /// - Parameters:
  ///   - name: as system tools show it; of more than 15 bytes they show the first.
  ///   - signals: which of the process's signals it may be interrupted by.
  /// - Throws: when the operating system starts no more threads.
  public init(
    named name: String, signals: Signals = .all, _ body: @escaping @Sendable () -> Void
  ) throws(Failure) {
    var all = sigset_t()
    var before = sigset_t()
    if signals == .none {
      sigfillset(&all)
      // A new thread has the mask of the one that starts it.
      pthread_sigmask(SIG_BLOCK, &all, &before)
    }
    defer { if signals == .none { pthread_sigmask(SIG_SETMASK, &before, nil) } }
    let box = Unmanaged.passRetained(Body(body))
    let code = pthread_create(
      &thread, nil,
      { argument in
        // Every thread is handed the box that was retained for it, and takes it over here.
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw Failure(code: code)
    }
    // A name that is not taken is missed by nobody but whoever looks for it.
    pthread_setname_np(thread, String(decoding: name.utf8.prefix(15), as: UTF8.self))
  }

  /// Waits until the body has returned. To be called once, and not after `detach`.
  public func join() { pthread_join(thread, nil) }

  /// Lets the thread run to its end, or that of the process; nobody waits for it.
  public func detach() { pthread_detach(thread) }
}
