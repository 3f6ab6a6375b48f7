internal import Foundation
internal import TestSupport
internal import WhittleClient
internal import WhittleProtocol

/// A daemon in a process of its own, and who feeds it.
final class FedDaemon {
  private let daemon: DaemonProcess
  /// Paths of sockets are short.
  private let sockets: TemporaryDirectory
  private let sender: SampleSender
  private var samples: UInt64 = 0

  var pullEndpoint: String { "ipc://\(sockets.path)/pull" }
  var queryEndpoint: String { daemon.queryEndpoint }

  /// Where it publishes.
  let publishEndpoint: String

  /// - Parameters:
  ///   - flags: what else it is started with.
  ///   - publishes: whether it publishes as often as by default, over TCP.
  init(_ flags: [String], publishes: Bool = false, directory: String) throws {
    sockets = try TemporaryDirectory()
    let publishing =
      publishes
      ? ["--publish-bind", "tcp://127.0.0.1:*"]
      : [
        "--publish-bind", "ipc://\(sockets.path)/publish", "--publish-every-samples", "0", "--publish-every-seconds",
        "0",
      ]
    daemon = try DaemonProcess(
      ["--ingest-pull-bind", "ipc://\(sockets.path)/pull", "--model-loss", "logistic", "--http-bind", ""] + publishing
        + flags, directory: directory)
    sender = try SampleSender(endpoint: "ipc://\(sockets.path)/pull", milliseconds: 60_000)
    publishEndpoint = try daemon.endpoint("publish.bind")
  }

  /// Feeds all messages.
  ///
  /// - Parameter batch: how many samples each of them holds.
  /// - Returns: the seconds until they were learned, and the processor time that the daemon had for it.
  func seconds(_ messages: [[UInt8]], batch: Int = 1) throws -> Seconds {
    samples += UInt64(messages.count * batch)
    let before = try daemon.processorSeconds()
    let wall = try Seconds.measure {
      for message in messages { try sender.send(message) }
      try daemon.wait(samples: samples)
    }.wall
    return Seconds(wall: wall, processor: try daemon.processorSeconds() - before)
  }

  /// The memory that it has in use, in bytes.
  func residentBytes() throws -> Double { try daemon.residentBytes() }

  func stop() { daemon.stop() }
}
