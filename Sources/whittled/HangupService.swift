internal import ServiceLifecycle
internal import UnixSignals
internal import WhittleService

/// Has the configuration read again on SIGHUP.
struct HangupService: Service {
  let hangups: UnixSignalsSequence
  let reloader: ConfigurationReloader

  func run() async throws {
    for await _ in hangups.cancelOnGracefulShutdown() { reloader.reload() }
  }
}
