import Logging
import ModelStore
import ServiceLifecycle
import TestSupport

@testable import WhittleService

/// A daemon in this process, on endpoints and in a directory of its own.
final class TestDaemon: Sendable {
  let place: DaemonPlace
  let log: CapturedLog
  let notify: NotifySocket
  let reloader: ConfigurationReloader
  private let loaded: LoadedSettings
  private let group: ServiceGroup
  private let running: Task<Void, any Error>

  struct NotReady: Error { let words: [String] }

  /// Starts it and waits for its word that it is ready.
  ///
  /// - Parameters:
  ///   - settings: texts by key, on top of the place's own.
  ///   - files: the disk that its state is on.
  /// - Throws: what the daemon ended with.
  init(
    in place: DaemonPlace, _ settings: [String: String] = [:], on files: any FileSystem = LocalFileSystem(),
    watchdogSeconds: Double? = nil
  ) async throws {
    self.place = place
    let log = CapturedLog()
    let notify = try NotifySocket(place.nextNotifyPath())
    let source = ConfigurationSource(
      path: nil, environment: [:], flags: place.settings.merging(settings) { $1 }.mapValues { [$0] })
    let loaded = try source.load()
    let notifier = SystemdNotifier(path: notify.name, watchdogSeconds: watchdogSeconds)
    let reloader = ConfigurationReloader(source, notifier: notifier, output: nil, logger: log.logger)
    let service = WhittledService(
      loaded, notifier: notifier, on: files, reloader: reloader, logger: log.logger)
    let group = ServiceGroup(services: [service], logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
    running = Task {
      // Whoever waits for a word must not wait for one that never comes.
      defer { SystemdNotifier(path: notify.name).status("ended") }
      try await group.run()
    }
    self.log = log
    self.notify = notify
    self.reloader = reloader
    self.loaded = loaded
    self.group = group
    let word = try await onThread {
      // A status may come before.
      var word = notify.next()
      while word != "STATUS=ended", ["STATUS=", "EXTEND_", "WATCHDOG"].contains(where: { word?.hasPrefix($0) == true })
      {
        word = notify.next()
      }
      return word
    }
    if word == "STATUS=ended" { try await running.value }
    guard word == "READY=1" else { throw NotReady(words: [word].compactMap { $0 }) }
  }

  /// Runs something on the engine's thread, between two of its turns.
  func onEngine(_ body: @escaping @Sendable () -> Void) {
    // The configuration that it has changes nothing, and what comes of it is told on that thread.
    reloader.engine?.put(.reload(NewConfiguration(read: .success(loaded), envelope: nil) { _ in body() }))
  }

  /// Asks it to stop and waits until it has.
  ///
  /// - Throws: what the daemon ended with.
  func stop() async throws {
    await group.triggerGracefulShutdown()
    try await running.value
  }
}
