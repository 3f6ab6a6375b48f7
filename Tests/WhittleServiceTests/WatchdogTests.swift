import Synchronization
import TestSupport
import Testing

@testable import WhittleService

/// The word that the engine gets on.
@Suite(.timeLimit(.minutes(2))) struct WatchdogTests {
  @Test func onlyInTurnsAndNotTooOften() throws {
    let directory = try TemporaryDirectory()
    let socket = try NotifySocket("\(directory.path)/notify")
    var watchdog = Watchdog(SystemdNotifier(path: socket.name, watchdogSeconds: 30))
    #expect(watchdog.secondsLeft(now: 100) == 0)
    for step in 0..<1000 { watchdog.turned(now: 100 + Double(step) * 0.05) }
    #expect(socket.rest() == Array(repeating: "WATCHDOG=1", count: 5), "at 100, 110, 120, 130 and 140")
    #expect(try #require(watchdog.secondsLeft(now: 141)).isNear(9))
    #expect(watchdog.secondsLeft(now: 1000) == 0)
  }

  @Test func nobodyExpectsIt() throws {
    let directory = try TemporaryDirectory()
    let socket = try NotifySocket("\(directory.path)/notify")
    var watchdog = Watchdog(SystemdNotifier(path: socket.name))
    watchdog.turned(now: 1)
    #expect(watchdog.secondsLeft(now: 1) == nil && socket.rest().isEmpty)
  }

  /// A word that nobody takes does not keep the thread busy, and is said again soon.
  @Test func aFullSocket() {
    var watchdog = Watchdog(SystemdNotifier(path: "/nowhere/at/all", watchdogSeconds: 24))
    watchdog.turned(now: 0)
    #expect(watchdog.secondsLeft(now: 0) == 1)
  }

  @Test(
    arguments: [
      (["WATCHDOG_USEC": "3000000"], 3), (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"], nil), ([:], nil),
      (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "often"], nil),
    ] as [([String: String], Double?)])
  func asSystemdSays(environment: [String: String], seconds: Double?) {
    #expect(SystemdNotifier(environment: environment).watchdogSeconds == seconds)
  }

  /// An idle engine turns; one that is stuck says nothing, though all other threads go on.
  @Test func aStuckEngineIsSilent() async throws {
    let daemon = try await TestDaemon(in: DaemonPlace(), watchdogSeconds: 0.3)
    func words(within seconds: Double) async throws -> [String] {
      let notify = daemon.notify
      return try await onThread { notify.words(within: seconds) }
    }
    #expect(try await words(within: 2).contains("WATCHDOG=1"))
    let stuck = Completion<Void>()
    let mayGoOn = Mutex(false)
    daemon.onEngine {
      stuck.fulfill(())
      while !mayGoOn.withLock({ $0 }) {}
    }
    await stuck.value()
    _ = daemon.notify.rest()
    #expect(try await !words(within: 2).contains("WATCHDOG=1"))
    mayGoOn.withLock { $0 = true }
    #expect(try await words(within: 2).contains("WATCHDOG=1"))
    try await daemon.stop()
  }
}

extension Double {
  fileprivate func isNear(_ other: Double) -> Bool { abs(self - other) < 1e-9 }
}
