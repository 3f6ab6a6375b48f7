public import Logging
public import ModelStore
internal import OnlineLearning
public import ServiceLifecycle
internal import ZeroMQ

/// The daemon as one service: restores the model, runs engine, publisher and writer, and on graceful shutdown lets
/// them finish.
public struct WhittledService: Service {
  private let loaded: LoadedSettings
  private let notifier: SystemdNotifier
  private let files: any FileSystem
  private let logger: Logger

  /// - Parameter files: where its state lasts.
  public init(
    _ loaded: LoadedSettings, notifier: SystemdNotifier, on files: any FileSystem = LocalFileSystem(), logger: Logger
  ) {
    self.loaded = loaded
    self.notifier = notifier
    self.files = files
    self.logger = logger
  }

  /// - Throws: `DaemonError`, when it cannot start or ends badly.
  public func run() async throws {
    let settings = loaded.settings
    let lock: StateLock
    do throws(StoreError) {
      lock = try StateLock(directory: settings.stateDirectory)
    } catch {
      throw DaemonError.state(error)
    }
    // Held until everything below has ended.
    defer { withExtendedLifetime(lock) {} }
    let restoration = try Restoration(loaded, on: files, logger: logger)
    try await run(restoration)
  }

  private func run(_ restoration: Restoration) async throws(DaemonError) {
    let context: Context
    let mailbox: Mailbox<EngineLetter>
    let publisher: Publisher
    let writer: CheckpointWriter
    let journalWriter: JournalWriter?
    do throws(ZeroMQError) {
      context = try Context()
      mailbox = try Mailbox()
      publisher = try Publisher(
        engine: mailbox, notifier: notifier, learning: loaded.settings.learning, logger: logger)
      let journal = loaded.settings.journal
      journalWriter =
        journal.sync == .off
        ? nil
        : try JournalWriter(
          journal, reportsProgress: journal.sync == .always || loaded.settings.ingest.routerAcknowledge != .accepted,
          engine: mailbox, logger: logger)
      writer = try CheckpointWriter(keeping: loaded.settings.checkpointRetention, engine: mailbox, logger: logger)
    } catch {
      throw .messaging(error)
    }
    let published = try await publisher.start(loaded.settings.publishBind, in: context)
    do throws(DaemonError) {
      try writer.start(
        restoration.store, catalog: CatalogUpkeep(loaded.settings, on: files, logger: logger))
      try journalWriter?.start(loaded.settings.stateDirectory, on: files)
    } catch {
      publisher.stop()
      writer.stop()
      throw error
    }
    let opened = Completion<Result<[String: [String]], DaemonError>>()
    let ended = Completion<Result<Void, DaemonError>>()
    try OperatingThread.start(named: "whittle-engine", fulfilling: ended) {
      do throws(DaemonError) {
        let engine = try Engine(
          restoration.recovered, settings: restoration.loaded, published: published,
          mailbox: mailbox, publisher: publisher, writer: writer, journalWriter: journalWriter, logger: logger,
          in: context)
        opened.fulfill(.success(engine.endpoints))
        try engine.run()
        return .success(())
      } catch {
        publisher.stop()
        writer.stop()
        journalWriter?.stop()
        opened.fulfill(.failure(error))
        return .failure(error)
      }
    }
    if case .success(let endpoints) = await opened.value() {
      logger.info(
        "ready",
        metadata: endpoints.filter { !$0.value.isEmpty }.mapValues { "\($0.joined(separator: " "))" })
      notifier.ready()
    }
    let result = await withGracefulShutdownHandler {
      await ended.value()
    } onGracefulShutdown: {
      // First of all: the word to systemd may have to wait for it.
      mailbox.put(.stop)
      notifier.stopping()
    }
    await publisher.ended.value()
    // Nobody else writes to the state directory once its lock goes.
    await writer.ended.value()
    if let journalWriter { await journalWriter.ended.value() }
    // Both threads have let go of the context: it goes with this function, and that waits until the last answers and
    // the last publication have left.
    try result.get()
  }
}
