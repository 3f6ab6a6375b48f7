public import Logging
public import ModelStore
internal import OnlineLearning
internal import OperatingThreads
public import ServiceLifecycle
internal import WhittleProtocol
internal import ZeroMQ

/// The daemon as one service: restores the model, runs engine, publisher and writer, and on graceful shutdown lets
/// them finish.
public struct WhittledService: Service {
  private let loaded: LoadedSettings
  private let notifier: SystemdNotifier
  private let files: any FileSystem
  private let telemetry: Telemetry?
  private let reloader: ConfigurationReloader
  private let others: [ConfigurationReloader.TakeOver]
  private let logger: Logger

  /// - Parameters:
  ///   - files: where its state lasts.
  ///   - reloader: reads the configuration when a client asks for it; nil where there is nothing to read again.
  ///   - others: what goes on under other settings besides the daemon itself, when the configuration is read again.
  ///   - telemetry: what whoever looks on reads; nil where nobody does. The service waits until its endpoints are open.
  public init(
    _ loaded: LoadedSettings, notifier: SystemdNotifier, on files: any FileSystem = LocalFileSystem(),
    reloader: ConfigurationReloader? = nil, others: [ConfigurationReloader.TakeOver] = [], telemetry: Telemetry? = nil,
    logger: Logger
  ) {
    self.reloader = reloader ?? ConfigurationReloader(nil, notifier: notifier, output: nil, logger: logger)
    self.others = others
    self.telemetry = telemetry
    self.loaded = loaded
    self.notifier = notifier
    self.files = files
    self.logger = logger
  }

  /// - Throws: `DaemonError`, when it cannot start or ends badly.
  public func run() async throws {
    // Whoever waits for the word to open endpoints must not wait for one that never comes.
    defer { telemetry?.opening.giveUp() }
    let settings = loaded.settings
    let lock: StateLock
    do throws(StoreError) {
      lock = try StateLock(directory: settings.stateDirectory)
    } catch {
      throw DaemonError.state(error)
    }
    // Held until everything below has ended.
    defer { withExtendedLifetime(lock) {} }
    let doors = try Doors(settings, logger: logger)
    // Before the model is restored, which may take a while: who looks on sees that it is.
    let shown = try await telemetry?.opening.open() ?? []
    let progress = StartProgress(notifier)
    let restoration = try Restoration(loaded, on: files, logger: logger) { progress.tell($0) }
    try await doors.start()
    let result: Result<Void, DaemonError>
    do throws(DaemonError) {
      result = .success(try await run(restoration, shown, doors))
    } catch {
      result = .failure(error)
    }
    // All threads have let go of the contexts then: they go with this function, and that waits until the last answers and the last
    // publication have left.
    doors.stop()
    await doors.ended.value()
    try result.get()
  }

  /// - Parameter shown: the endpoints on which telemetry is shown.
  private func run(_ restoration: Restoration, _ shown: [String], _ doors: Doors) async throws(DaemonError) {
    let mailbox: Mailbox<EngineLetter>
    let publisher: Publisher
    let writer: CheckpointWriter
    let journalWriter: JournalWriter?
    do throws(ZeroMQError) {
      mailbox = try Mailbox()
      publisher = try Publisher(
        engine: mailbox, notifier: notifier, settings: loaded.settings, telemetry: telemetry, logger: logger)
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
    let published = try await publisher.start(loaded.settings.publishBind, doors)
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
          mailbox: mailbox, publisher: publisher, writer: writer, journalWriter: journalWriter, telemetry: telemetry,
          shown: shown, reloader: reloader, notifier: notifier, doors: doors, logger: logger)
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
    if let checkpoint = restoration.recovered.checkpoint {
      telemetry?.take(
        CheckpointReport(time: unixSeconds() - checkpoint.ageSeconds, step: checkpoint.step, file: checkpoint.file))
    }
    if case .success(let endpoints) = await opened.value() {
      telemetry?.enter(.learning)
      logger.info(
        "ready",
        metadata: endpoints.filter { !$0.value.isEmpty }.mapValues { "\($0.joined(separator: " "))" })
      notifier.ready()
      reloader.begin(mailbox, others: others + [doors.takeOver])
    }
    let result = await withGracefulShutdownHandler {
      await ended.value()
    } onGracefulShutdown: {
      // First of all: the word to systemd may have to wait for it.
      mailbox.put(.stop)
      telemetry?.enter(.stopping)
      notifier.stopping()
    }
    await publisher.ended.value()
    // Nobody else writes to the state directory once its lock goes.
    await writer.ended.value()
    if let journalWriter { await journalWriter.ended.value() }
    try result.get()
  }
}
