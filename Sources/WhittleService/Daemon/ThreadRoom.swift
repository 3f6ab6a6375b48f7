internal import Glibc
internal import OperatingThreads
internal import Synchronization

/// Whether the system lets the process have the threads that the daemon lives on: `TasksMax=` in a unit, `ulimit -u`.
public enum ThreadRoom {
  /// The daemon's own threads and those of libzmq and HTTP, two that share the making of a checkpoint, some that libdispatch keeps
  /// besides its pool, and the processes of a reload.
  static let own = 22

  /// How many threads and processes have to be possible. Swift's pool gets as wide as there are processors.
  public static let least = own + max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)

  /// Starts so many threads, and lets them end. To be called before there are others: the pools of Swift and libdispatch wait for ever
  /// for a thread that the system refuses, and libzmq ends the process.
  ///
  /// - Throws: where they are fewer.
  public static func check() throws(DaemonError) {
    // The one that asks is there already.
    let started = most(least - 1) + 1
    if started < least { throw .threads(limit: started, needed: least) }
  }

  /// How many threads there can be at a time besides those that there are.
  ///
  /// - Parameter wanted: where there can be more, this.
  private static func most(_ wanted: Int) -> Int {
    let gate = Gate()
    var threads: [OperatingThread] = []
    gate.closed.withLock { _ in
      while threads.count < wanted, let thread = try? OperatingThread(named: "whittle-room", gate.pass) {
        threads.append(thread)
      }
    }
    for thread in threads { thread.join() }
    return threads.count
  }

  /// What the threads wait at until all have been started.
  private final class Gate: Sendable {
    let closed = Mutex(())
    @Sendable func pass() { closed.withLock { _ in } }
  }
}
