internal import ArgumentParser
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals
internal import WhittleHTTP
internal import WhittleProtocol
internal import WhittleService

/// The daemon's command line: parse, load settings, run the services.
@main
struct Whittled: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whittled",
    abstract: "Learns a linear model from a live stream of samples over ZeroMQ.",
    discussion: """
      Every setting has a key in the configuration file, a flag and an environment variable, and a default: a flag \
      wins over its variable, that over the file, that over the default. penalty.l1 in a file is nested (penalty:, \
      then l1: 0.01 indented below it), as a flag --penalty-l1, as a variable WHITTLED_PENALTY_L1. Lists are given \
      as YAML lists, as repeated flags, or separated by commas.

      Naming any ingest endpoint replaces all the default ones. Addresses are tcp://HOST:PORT (with * for any free \
      port where the daemon binds) and ipc://PATH.

      SIGTERM and SIGINT end the daemon: it stops receiving, learns what it received and writes a last checkpoint. \
      SIGHUP has it read the configuration again: some settings change at once, the others are logged and change at \
      the next start, and where anything is wrong with it, nothing changes.

      EXIT STATUS: 0 stopped as asked; 64 wrong usage; 65 no checkpoint is whole; 66 the configuration file cannot \
      be read; 69 an endpoint cannot be opened; 71 the operating system refused something; 73 the state directory \
      cannot be used; 74 the last checkpoint could not be written; 75 another daemon uses the state directory; \
      78 the configuration is wrong or contradicts the checkpoint.
      """,
    version: whittleVersion)

  @Option(name: .customLong("config"), help: "The configuration file (YAML). Also WHITTLED_CONFIG.")
  var config: String?

  @Flag(name: .customLong("check-config"), help: "Check the configuration, report every mistake, and end.")
  var checkConfig = false

  @OptionGroup(title: "Model") var model: ModelFlags
  @OptionGroup(title: "Samples") var stream: StreamFlags
  @OptionGroup(title: "Answers and publications") var outputs: OutputFlags
  @OptionGroup(title: "Security") var security: SecurityFlags
  @OptionGroup(title: "Operation") var operation: OperationFlags

  /// Looks before anything needs a second thread whether there can be one.
  @MainActor static func main() async {
    do throws(DaemonError) {
      try ThreadRoom.check()
    } catch {
      fail("\(error)", error.exitCode)
    }
    await main(nil)
  }

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    let source = ConfigurationSource(
      path: config ?? environment["WHITTLED_CONFIG"], environment: environment, flags: flags)
    let settings = load(source)
    if checkConfig {
      check(settings)
      print("the configuration is valid")
      return
    }
    let limit: OpenFileLimit
    do throws(DaemonError) {
      limit = try OpenFileLimit()
    } catch {
      fail("\(error)", error.exitCode)
    }
    // From here on the signal does not end the process.
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    let output = LogOutput(
      level: settings.settings.logLevel, format: settings.settings.logFormat, environment: environment)
    let logger = Logger(label: "whittled") { _ in StructuredLogHandler(output) }
    limit.tell(logger)
    let notifier = SystemdNotifier(environment: environment)
    let reloader = ConfigurationReloader(source, notifier: notifier, output: output, logger: logger)
    let telemetry = settings.settings.httpBind.isEmpty ? nil : Telemetry()
    let http = telemetry.map {
      HTTPService(settings.settings.httpBind, settings.settings.httpAccess, $0, logger: logger)
    }
    var others: [ConfigurationReloader.TakeOver] = []
    if let http { others.append(http.reloadToken) }
    let service = WhittledService(
      settings, notifier: notifier, reloader: reloader, others: others, telemetry: telemetry, logger: logger)
    var quiet = logger
    quiet.logLevel = .error
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        // The last one is stopped first: who looks on sees how the daemon stops.
        services: [
          .init(
            service: HangupService(hangups: hangups, reloader: reloader), successTerminationBehavior: .ignore,
            failureTerminationBehavior: .ignore, serviceName: "hangups"),
          http.map {
            .init(
              service: $0, successTerminationBehavior: .ignore,
              failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "http")
          },
          .init(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "whittled"),
        ].compactMap { $0 },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    do {
      try await group.run()
    } catch let error as DaemonError {
      fail("\(error)", error.exitCode)
    }
  }

  private var flags: [String: [String]] {
    [model.texts, stream.texts, outputs.texts, security.texts, operation.texts].reduce(into: [:]) {
      $0.merge($1) { $1 }
    }
  }

  /// The settings, or the end of the process with every mistake on standard error.
  private func load(_ source: ConfigurationSource) -> LoadedSettings {
    do throws(ConfigurationSource.Failure) {
      return try source.load()
    } catch {
      fail("\(error)", error.exitCode)
    }
  }

  /// Reads what the settings name besides: keys.
  private func check(_ settings: LoadedSettings) {
    do throws(DaemonError) {
      _ = try Doors(settings.settings, logger: Logger(label: "whittled") { _ in SwiftLogNoOpLogHandler() })
    } catch {
      fail("\(error)", error.exitCode)
    }
  }

  private func fail(_ message: String, _ status: Int32) -> Never { Whittled.fail(message, status) }

  private static func fail(_ message: String, _ status: Int32) -> Never {
    let isJournal = JournalSocket.isStandardError(ProcessInfo.processInfo.environment["JOURNAL_STREAM"])
    // Systemd's journal takes the level, that of errors, from the beginning of each line.
    let lines = "whittled: \(message)".split(separator: "\n").map { (isJournal ? "<3>" : "") + $0 + "\n" }
    FileHandle.standardError.write(Data(lines.joined().utf8))
    Foundation.exit(status)
  }
}
