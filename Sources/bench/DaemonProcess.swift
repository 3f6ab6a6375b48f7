internal import Foundation
internal import TestSupport
internal import WhittleClient
internal import WhittleProtocol

/// A daemon in a process of its own, from the program beside this one.
final class DaemonProcess {
  let client: QueryClient
  let directory: String
  private let process: Process
  /// Paths of sockets are short.
  private let sockets: TemporaryDirectory

  var queryEndpoint: String { "ipc://\(sockets.path)/query" }

  /// Starts it, and waits until it answers questions.
  ///
  /// - Parameters:
  ///   - flags: what it is started with, besides the query endpoint and the state directory.
  ///   - directory: where its state and its log go.
  init(_ flags: [String], directory: String) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    sockets = try TemporaryDirectory()
    self.directory = directory
    let endpoint = "ipc://\(sockets.path)/query"
    process = try DaemonProcess.start(flags + ["--query-bind", endpoint], directory: directory)
    client = try QueryClient(endpoint: endpoint, milliseconds: 60_000)
    _ = try client.stats()
  }

  /// Starts a daemon, and does not wait for it.
  static func start(
    _ flags: [String], directory: String, environment: [String: String] = [:]
  ) throws -> Process {
    let log = "\(directory)/log"
    try Data().write(to: URL(filePath: log))
    let process = Process()
    process.executableURL = ownPrograms.appending(path: "whittled")
    process.arguments = ["--state-directory", "\(directory)/state"] + flags
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardError = FileHandle(forWritingAtPath: log)
    process.standardOutput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw BenchError.program("whittled", said: "\(error); build it beside this program")
    }
    return process
  }

  /// Where it listens, in full.
  func endpoint(_ key: String) throws -> String {
    guard let endpoint = try client.configuration().endpoints[key]?.first else {
      throw BenchError.program("whittled", said: "it has no endpoint \(key)")
    }
    return endpoint
  }

  /// Waits until so many samples are learned, all that the model ever has.
  ///
  /// Asks for a prediction, which tells of the step at no cost (stats take a look at every weight), every 3 milliseconds:
  /// seldom enough not to slow what is measured.
  func wait(samples: UInt64) throws {
    while try client.predict(x: .object([:])).step < samples { usleep(3_000) }
  }

  /// The processor time that it has had, in seconds.
  func processorSeconds() throws -> Double {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(process.processIdentifier, &clock) == 0, clock_gettime(clock, &time) == 0 else {
      throw BenchError.program("whittled", said: "it has ended; see \(directory)/log")
    }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The memory that it has in use, in bytes.
  func residentBytes() throws -> Double {
    let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    let words = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }?.split(separator: " ") ?? []
    guard words.count == 3, let kilobytes = Double(words[1]) else {
      throw BenchError.program("/proc", said: "no VmRSS of the daemon")
    }
    return kilobytes * 1024
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}

/// Where this program and those built with it are.
let ownPrograms = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
