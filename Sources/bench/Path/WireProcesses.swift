internal import Foundation
internal import TestSupport

/// Pushes messages over TCP, from a process of its own.
final class Pusher {
  private let process: LineProcess

  /// - Parameters:
  ///   - file: a `MessageFile`.
  ///   - connections: over so many, message by message.
  init(to endpoint: String, _ file: String, connections: Int = 1, directory: String) throws {
    process = try .wire(["push", endpoint, file, "--connections", "\(connections)"], directory: directory)
  }

  /// Pushes all messages so many times; comes back when the last one has left this program's hands.
  func push(passes: Int) throws { _ = try process.ask("\(passes)") }

  func stop() { process.stop() }
}

/// Takes messages as fast as libzmq hands them over, and only counts them: the limit of what any receiver can do.
final class CountingReceiver {
  private let counter: LineProcess
  private let pusher: Pusher
  private let messages: Int

  /// - Parameters:
  ///   - file: a `MessageFile`.
  ///   - messages: how many it holds.
  init(_ file: String, messages: Int, directory: String) throws {
    self.messages = messages
    counter = try .wire(["count"], directory: directory)
    pusher = try Pusher(to: try counter.answer(to: "bind"), file, directory: directory)
  }

  /// Has all messages pushed so many times.
  ///
  /// - Returns: the seconds until it had all; the processor's are the receiver's.
  func seconds(passes: Int) throws -> Seconds {
    let count = "\(messages * passes)"
    var processor = 0.0
    let wall = try Seconds.measure {
      counter.tell(count)
      try pusher.push(passes: passes)
      processor = try counter.numbers(to: count, 1)[0]
    }.wall
    return Seconds(wall: wall, processor: processor)
  }

  func stop() {
    pusher.stop()
    counter.stop()
  }
}

/// A daemon that is pushed messages over TCP.
final class PushedDaemon {
  let daemon: DaemonProcess
  private let pusher: Pusher
  private let samples: Int
  private var total = 0

  /// - Parameters:
  ///   - file: a `MessageFile`.
  ///   - samples: how many its messages hold.
  ///   - connections: over which they are pushed.
  init(_ flags: [String], _ file: String, samples: Int, connections: Int = 1, directory: String) throws {
    self.samples = samples
    daemon = try DaemonProcess(PushedDaemon.anywhere + flags, directory: directory)
    pusher = try Pusher(
      to: try daemon.endpoint("ingest.pull.bind"), file, connections: connections, directory: directory)
  }

  /// All default endpoints, on any free port.
  static let anywhere = [
    "--ingest-sub-bind", "tcp://127.0.0.1:*", "--ingest-pull-bind", "tcp://127.0.0.1:*", "--ingest-router-bind",
    "tcp://127.0.0.1:*", "--publish-bind", "tcp://127.0.0.1:*", "--http-bind", "127.0.0.1:0",
  ]

  /// Has all messages pushed so many times.
  ///
  /// - Returns: the seconds until they were learned; the processor's are the daemon's.
  func seconds(passes: Int) throws -> Seconds {
    total += samples * passes
    let before = try daemon.processorSeconds()
    let wall = try Seconds.measure {
      try pusher.push(passes: passes)
      try daemon.wait(samples: UInt64(total))
    }.wall
    return Seconds(wall: wall, processor: try daemon.processorSeconds() - before)
  }

  func stop() {
    pusher.stop()
    daemon.stop()
  }
}

extension LineProcess {
  /// Starts one of the programs of `WireCommand`.
  static func wire(_ arguments: [String], directory: String) throws -> LineProcess {
    try LineProcess(
      "bench wire \(arguments[0])", program: URL(filePath: CommandLine.arguments[0]), arguments: ["wire"] + arguments,
      errors: "\(directory)/\(arguments[0])-\(UUID()).log")
  }
}
