internal import Glibc
internal import OperatingThreads

/// Threads that share a piece of work.
enum ThreadGroup {
  /// As many threads as work that no disk holds up is worth sharing between.
  static let width = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), 4)

  /// Runs a body on several threads at once, one of them the caller's, and returns when all are done. Where the operating
  /// system starts fewer, fewer run it, the caller's in any case.
  static func run(_ count: Int, _ body: @Sendable () -> Void) {
    withoutActuallyEscaping(body) { body in
      var threads: [OperatingThread] = []
      for _ in 1..<max(count, 1) {
        if let thread = try? OperatingThread(named: "whittle-share", body) { threads.append(thread) }
      }
      body()
      for thread in threads { thread.join() }
    }
  }
}

/// Counts what one thread has ready for another.
final class Semaphore: @unchecked Sendable {
  // Lives as long as this does, at one place, and is made for use from several threads.
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init(_ count: UInt32) { sem_init(semaphore, 0, count) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }

  func wait() {
    // Nothing but a signal can interrupt it.
    while sem_wait(semaphore) != 0 {}
  }
}
