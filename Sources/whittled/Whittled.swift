internal import ArgumentParser
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals
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

      SIGTERM and SIGINT end the daemon: it stops receiving, learns what it received and writes a last checkpoint.

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
  @OptionGroup(title: "Operation") var operation: OperationFlags

  func run() async throws {
    let settings = load()
    if checkConfig {
      print("the configuration is valid")
      return
    }
    let logger = Logger(label: "whittled") { _ in
      StructuredLogHandler(level: settings.settings.logLevel, format: settings.settings.logFormat)
    }
    let environment = ProcessInfo.processInfo.environment
    let service = WhittledService(
      settings, notifier: SystemdNotifier(path: environment["NOTIFY_SOCKET"]), logger: logger)
    var quiet = logger
    quiet.logLevel = .error
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: "whittled")
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    do {
      try await group.run()
    } catch let error as DaemonError {
      fail("\(error)", error.exitCode)
    }
  }

  /// The settings, or the end of the process with every mistake on standard error.
  private func load() -> LoadedSettings {
    let environment = ProcessInfo.processInfo.environment
    let path = config ?? environment["WHITTLED_CONFIG"]
    var file: (text: String, path: String)?
    if let path {
      do {
        file = (try String(contentsOfFile: path, encoding: .utf8), path)
      } catch {
        fail("cannot read the configuration file \(path): \(error.localizedDescription)", 66)
      }
    }
    let flags = [model.texts, stream.texts, outputs.texts, operation.texts].reduce(into: [:]) {
      $0.merge($1) { $1 }
    }
    do throws(InvalidConfiguration) {
      return try LoadedSettings(file: file, environment: environment, flags: flags)
    } catch {
      fail("\(error)", 78)
    }
  }

  private func fail(_ message: String, _ status: Int32) -> Never {
    FileHandle.standardError.write(Data("whittled: \(message)\n".utf8))
    Foundation.exit(status)
  }
}
