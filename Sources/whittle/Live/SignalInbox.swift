internal import Glibc
internal import Synchronization

/// Signals to this process, and calls from its other threads, as something that one loop waits for in poll(2).
enum SignalInbox {
  private static let arrived = Atomic<UInt64>(0)
  // The two ends of a pipe.
  private static let readable = Atomic<Int32>(-1)
  private static let writable = Atomic<Int32>(-1)

  /// Has these signals collected from now on, where before they would have ended or stopped the process.
  ///
  /// - Returns: a descriptor that is readable when there is something to `take`.
  /// - Throws: `failed` when the process is out of descriptors.
  static func open(_ signals: [Int32]) throws(ToolError) -> Int32 {
    if readable.load(ordering: .acquiring) < 0 {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else {
        throw .failed(reason: "cannot open a pipe: \(String(cString: strerror(errno)))")
      }
      for end in ends {
        // Neither a full nor an empty pipe may hold anybody up.
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      }
      readable.store(ends[0], ordering: .releasing)
      writable.store(ends[1], ordering: .releasing)
    }
    for number in signals { collect(number) }
    return readable.load(ordering: .acquiring)
  }

  /// Has a signal collected again that was let through.
  static func collect(_ number: Int32) { signal(number, handler) }

  /// Lets a signal do to this process what it does by default.
  static func letThrough(_ number: Int32) {
    signal(number, SIG_DFL)
    raise(number)
  }

  /// Makes the descriptor readable; safe from every thread.
  static func wake() {
    var byte: UInt8 = 0
    // Fails only when the pipe is full, and then the loop is awake anyway.
    _ = write(writable.load(ordering: .acquiring), &byte, 1)
  }

  /// The signals that have come since the last time.
  static func take() -> Set<Int32> {
    var bytes = [UInt8](repeating: 0, count: 256)
    while read(readable.load(ordering: .acquiring), &bytes, bytes.count) == bytes.count {}
    let bits = arrived.exchange(0, ordering: .acquiringAndReleasing)
    return Set((1..<64).filter { bits & (1 << UInt64($0)) != 0 })
  }

  /// Only what may be called in the middle of anything else.
  private static let handler: @convention(c) (Int32) -> Void = { number in
    let before = errno
    SignalInbox.arrived.bitwiseOr(1 << UInt64(number), ordering: .acquiringAndReleasing)
    SignalInbox.wake()
    errno = before
  }
}
