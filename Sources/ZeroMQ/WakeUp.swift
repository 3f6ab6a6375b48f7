internal import CZeroMQ
internal import Glibc

/// A signal from any thread that a `Poller` can wait for: Linux' eventfd.
public final class WakeUp: Sendable {
  let descriptor: Int32

  /// - Throws: when the process is out of descriptors.
  public init() throws(ZeroMQError) {
    descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    if descriptor < 0 { throw ZeroMQError(operation: "open an eventfd", subject: nil, code: errno) }
  }

  deinit {
    close(descriptor)
  }

  /// Wakes the poller; safe from every thread. Signals that come before `clear` count as one.
  public func signal() {
    // Fails only when the counter is full, and then the poller is awake anyway.
    eventfd_write(descriptor, 1)
  }

  /// Takes the signal back, so that the next wait waits.
  public func clear() {
    var count: eventfd_t = 0
    eventfd_read(descriptor, &count)
  }
}
