// What the thread sanitizer is to find nothing in: threads that contend for a Mutex, and continuations that are resumed before
// they are awaited. With the argument "race" there is one, which it is to find.
import Glibc
import Synchronization

final class Shared: Sendable {
  let guarded = Mutex<[Int]>([])
  nonisolated(unsafe) var unguarded = 0
}

final class Body: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

func start(_ run: @escaping @Sendable () -> Void) -> pthread_t {
  var thread = pthread_t()
  let code = pthread_create(
    &thread, nil,
    { body in
      if let body { Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run() }
      return nil
    }, Unmanaged.passRetained(Body(run)).toOpaque())
  precondition(code == 0, "threads can be had")
  return thread
}

func contend(for shared: Shared, isRace: Bool) {
  let threads = (0..<4).map { _ in
    start {
      for number in 0..<100_000 {
        if isRace {
          shared.unguarded += number
        } else {
          shared.guarded.withLock {
            if $0.count == 1000 { $0.removeAll() }
            $0.append(number)
          }
        }
      }
    }
  }
  for thread in threads { pthread_join(thread, nil) }
}

func numbers(_ count: Int) async -> [Int] {
  await withCheckedContinuation { continuation in
    let thread = start { continuation.resume(returning: Array(0..<count)) }
    pthread_detach(thread)
    // Long enough to be resumed in the meantime, now and then.
    usleep(200)
  }
}

@main struct Contention {
  static func main() async {
    contend(for: Shared(), isRace: CommandLine.arguments.contains("race"))
    await withTaskGroup(of: Int.self) { group in
      for count in 0..<500 { group.addTask { await numbers(count).reduce(0, +) } }
      for await _ in group {}
    }
  }
}
