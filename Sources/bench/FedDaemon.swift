internal import Foundation
internal import TestSupport
internal import WhittleClient
internal import WhittleProtocol

/// A daemon in a process of its own, and who feeds it.
final class FedDaemon {
  private let process = Process()
  /// Paths of sockets are short.
  private let sockets: TemporaryDirectory
  private let sender: SampleSender
  private let client: QueryClient
  private var samples: UInt64 = 0

  var pullEndpoint: String { "ipc://\(sockets.path)/pull" }
  var queryEndpoint: String { "ipc://\(sockets.path)/query" }

  /// - Parameter flags: what else it is started with.
  init(_ flags: [String], directory: String) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let log = "\(directory)/log"
    sockets = try TemporaryDirectory()
    try Data().write(to: URL(filePath: log))
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
      path: "whittled")
    process.arguments =
      [
        "--ingest-pull-bind", "ipc://\(sockets.path)/pull", "--publish-bind", "ipc://\(sockets.path)/publish",
        "--query-bind", "ipc://\(sockets.path)/query", "--state-directory", "\(directory)/state",
        "--publish-every-samples", "0", "--publish-every-seconds", "0", "--model-loss", "logistic",
      ] + flags
    process.standardError = FileHandle(forWritingAtPath: log)
    process.standardOutput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw BenchError.program("whittled", said: "\(error); build it beside this program")
    }
    sender = try SampleSender(endpoint: "ipc://\(sockets.path)/pull", milliseconds: 60_000)
    client = try QueryClient(endpoint: "ipc://\(sockets.path)/query", milliseconds: 60_000)
    _ = try client.configuration()
  }

  /// Feeds all messages.
  ///
  /// - Parameter batch: how many samples each of them holds.
  /// - Returns: the seconds until they were learned.
  func seconds(_ messages: [[UInt8]], batch: Int = 1) throws -> Seconds {
    samples += UInt64(messages.count * batch)
    return try Seconds.measure {
      for message in messages { try sender.send(message) }
      while try client.stats().samples < samples { usleep(1000) }
    }
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}
