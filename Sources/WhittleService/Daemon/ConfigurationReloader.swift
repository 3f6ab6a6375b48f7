public import Logging
internal import Synchronization
internal import WhittleProtocol

/// Reads the configuration again while the daemon runs, and has the engine go on under it. What is wrong with it changes
/// nothing, and is logged, answered and shown as part of the status.
///
/// Safe from every thread; who calls it waits for the file to be read.
public final class ConfigurationReloader: Sendable {
  private enum State {
    /// The daemon is not ready yet.
    case early(isAsked: Bool)
    case running(Mailbox<EngineLetter>, others: [TakeOver])
  }

  /// Gets what something besides the engine needs to go on under other settings, or says why it cannot. What it returns has it do so,
  /// and is called once the engine goes on under them, on its thread: it does not wait for anything.
  public typealias TakeOver = @Sendable (Settings) throws(DaemonError) -> @Sendable () -> Void

  private let source: ConfigurationSource?
  private let notifier: SystemdNotifier
  private let output: LogOutput?
  private let logger: Logger
  private let state = Mutex(State.early(isAsked: false))

  /// - Parameters:
  ///   - source: nil where there is nothing to read again.
  ///   - output: whose level follows the settings.
  public init(_ source: ConfigurationSource?, notifier: SystemdNotifier, output: LogOutput?, logger: Logger) {
    self.source = source
    self.notifier = notifier
    self.output = output
    self.logger = logger
  }

  /// Reads the configuration again, or does it once the daemon is ready. Comes back before the engine has gone on under it.
  public func reload() {
    state.withLock { state in
      switch state {
      case .early: state = .early(isAsked: true)
      // In the lock, so that what was read later comes later.
      case .running(let engine, let others): reload(for: nil, engine, others)
      }
    }
  }

  /// The same for who asked for it; the engine answers, or an `answer` letter does. Comes back before the file is read.
  func reload(for envelope: Envelope) {
    // Files may be slow to read; the engine's thread never reads one.
    Task {
      state.withLock { state in
        guard case .running(let engine, let others) = state else { return }
        reload(for: envelope, engine, others)
      }
    }
  }

  /// Who goes on under what was read; nil before it does.
  var engine: Mailbox<EngineLetter>? {
    state.withLock { if case .running(let engine, _) = $0 { engine } else { nil } }
  }

  /// The daemon is ready.
  ///
  /// - Parameter others: what goes on under what was read besides the engine: all, or none.
  func begin(_ engine: Mailbox<EngineLetter>, others: [TakeOver] = []) {
    state.withLock { state in
      let isAsked = if case .early(isAsked: true) = state { true } else { false }
      state = .running(engine, others: others)
      if isAsked { reload(for: nil, engine, others) }
    }
  }

  private func reload(for envelope: Envelope?, _ engine: Mailbox<EngineLetter>, _ others: [TakeOver]) {
    guard let source else {
      let failure = QueryFailure(.badConfiguration, "this daemon has no configuration that could be read again")
      if let envelope { engine.put(.answer(envelope, [encodedFailure(failure)])) }
      return
    }
    notifier.reloading()
    let read: Result<LoadedSettings, QueryFailure>
    var takeOvers: [@Sendable () -> Void] = []
    do {
      let loaded = try source.load()
      takeOvers = try others.map { try $0(loaded.settings) }
      read = .success(loaded)
    } catch {
      read = .failure(QueryFailure(.badConfiguration, "\(error)"))
    }
    engine.put(
      .reload(
        NewConfiguration(read: read, envelope: envelope) { [takeOvers] result in
          if case .success = result { for takeOver in takeOvers { takeOver() } }
          self.end(result)
        }))
  }

  private func end(_ result: Result<LoadedSettings, QueryFailure>) {
    switch result {
    case .success(let loaded):
      output?.set(level: loaded.settings.logLevel)
      notifier.remark(nil)
    case .failure(let failure):
      logger.error(
        "the configuration was not taken over; the one before holds", metadata: ["error": "\(failure.message)"])
      // Only its beginning: the line is for people to glance at.
      notifier.remark("the configuration was not taken over: \(failure.message.prefix(200))")
    }
    notifier.ready()
  }
}
