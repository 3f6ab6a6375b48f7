internal import Foundation
internal import TestSupport
internal import WhittleClient
internal import WhittleProtocol

/// What the journal costs a daemon that is fed as fast as it takes messages: one daemon for each way to sync, each in a
/// process of its own, fed in turn.
struct JournalBenchmark {
  let messages: [[UInt8]]
  let rounds: Int
  let directory: String

  /// Times the seconds without a journal.
  private static let bar = 1 / 0.9
  private static let kinds = ["off", "none", "interval", "always"]

  static let names = kinds.map { "journal \($0)" }

  /// - Parameter samples: of one message each: Vowpal Wabbit text of 76 words.
  init(samples: Int, rounds: Int, directory: String) {
    messages = FormatText(.vwWords, SampleStream(.sparse, rows: samples), batch: 1).messages
    self.rounds = rounds
    self.directory = directory
  }

  func results() throws -> [Result] {
    var daemons: [FedDaemon] = []
    defer { for daemon in daemons { daemon.stop() } }
    for kind in JournalBenchmark.kinds { daemons.append(try FedDaemon(sync: kind, directory: "\(directory)/\(kind)")) }
    let contestants = daemons.map { daemon in { try daemon.seconds(messages) } }
    let measured = try Rounds(rounds, contestants)
    return JournalBenchmark.names.enumerated().map { index, name in
      let figure = Double(messages.count) / measured.median(index)
      if index == 0 {
        return Result(name: name, unit: .samplesPerSecond, figure: figure, comparison: nil, bar: nil)
      }
      let comparison = Result.Comparison(
        reference: "off", figure: Double(messages.count) / measured.median(0), ratios: measured.ratios(index, over: 0))
      return Result(
        name: name, unit: .samplesPerSecond, figure: figure, comparison: comparison,
        bar: JournalBenchmark.kinds[index] == "interval" ? .atMost(JournalBenchmark.bar) : nil)
    }
  }
}

/// A daemon in a process of its own, and who feeds it.
private final class FedDaemon {
  private let process = Process()
  /// Paths of sockets are short.
  private let sockets: TemporaryDirectory
  private let sender: SampleSender
  private let client: QueryClient
  private var samples: UInt64 = 0

  init(sync: String, directory: String) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let log = "\(directory)/log"
    sockets = try TemporaryDirectory()
    try Data().write(to: URL(filePath: log))
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(
      path: "whittled")
    process.arguments = [
      "--ingest-pull-bind", "ipc://\(sockets.path)/pull", "--publish-bind", "ipc://\(sockets.path)/publish",
      "--query-bind", "ipc://\(sockets.path)/query", "--state-directory", "\(directory)/state", "--journal-sync", sync,
      "--publish-every-samples", "0", "--publish-every-seconds", "0", "--model-loss", "logistic",
    ]
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
  /// - Returns: the seconds until they were learned.
  func seconds(_ messages: [[UInt8]]) throws -> Seconds {
    samples += UInt64(messages.count)
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
