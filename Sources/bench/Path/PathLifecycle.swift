internal import Foundation
internal import TestSupport
internal import WhittleClient
internal import WhittleProtocol

/// A daemon that starts, and one that has nothing to do.
struct PathLifecycle {
  let rounds: Int
  let directory: String

  /// From the start of the process until it is ready, with many names and weights to restore, beside `cat` of the checkpoint.
  func start(_ name: String, features: Int, bar: Double) throws -> [Result] {
    note(name)
    let place = "\(directory)/\(name)"
    try prepare(place, features: features, name)
    let state = URL(filePath: "\(place)/state")
    let checkpoints = try FileManager.default.contentsOfDirectory(at: state, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "safetensors" }.sorted { $0.path < $1.path }
    guard let checkpoint = checkpoints.last else {
      throw BenchError.program("whittled", said: "it has left no checkpoint in \(state.path)")
    }
    let measured = try Rounds(rounds, [{ try started(place) }, { try read(checkpoint.path) }])
    return [
      Result(
        name: name, unit: .seconds, figure: measured.median(0),
        comparison: Result.Comparison(
          reference: "cat", figure: measured.median(1), ratios: measured.ratios(0, over: 1)),
        bar: .atMost(bar))
    ]
  }

  /// Memory and processor time of a daemon in its default configuration that nobody talks to.
  func idle(_ name: String, seconds: Double, memoryBar: Double, processorBar: Double) throws -> [Result] {
    note(name)
    let daemon = try DaemonProcess(PushedDaemon.anywhere, directory: "\(directory)/\(name)")
    defer { daemon.stop() }
    let before = try daemon.processorSeconds()
    var spent = 0.0
    let wall = try Seconds.measure {
      Thread.sleep(forTimeInterval: seconds)
      spent = try daemon.processorSeconds() - before
    }.wall
    return [
      Result(
        name: "\(name) memory", unit: .bytes, figure: try daemon.residentBytes(), comparison: nil,
        bar: .atMost(memoryBar)),
      Result(
        name: "\(name) cpu", unit: .share, figure: spent / wall, comparison: nil, bar: .atMost(processorBar)),
    ]
  }

  private static let flags = ["--penalty-l1", "0", "--query-bind", "tcp://127.0.0.1:*"] + PushedDaemon.anywhere

  /// Leaves a checkpoint of a model that knows so many names.
  private func prepare(_ place: String, features: Int, _ name: String) throws {
    let messages = PathMessages.vocabulary(features)
    let file = "\(directory)/\(name).messages"
    try MessageFile.write(messages.messages, to: file)
    let daemon = try PushedDaemon(["--penalty-l1", "0"], file, samples: messages.samples, directory: place)
    defer { daemon.stop() }
    _ = try daemon.seconds(passes: 1)
    let known = try daemon.daemon.client.stats().features
    guard known == features else { throw BenchError.answer("\(known) features", to: "\(features) names") }
  }

  /// Starts a daemon, and kills it once it is ready.
  ///
  /// - Returns: the seconds until then.
  private func started(_ place: String) throws -> Seconds {
    let (socket, path) = try NotificationSocket.open()
    defer { socket.close() }
    var process: Process?
    defer {
      if let process {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
    }
    return try Seconds.measure {
      process = try DaemonProcess.start(
        PathLifecycle.flags, directory: place, environment: ["NOTIFY_SOCKET": path])
      try socket.waitUntilReady()
    }
  }

  private func read(_ file: String) throws -> Seconds {
    try Seconds.measure {
      let cat = Process()
      cat.executableURL = URL(filePath: "/bin/cat")
      cat.arguments = [file]
      cat.standardOutput = FileHandle.nullDevice
      try cat.run()
      cat.waitUntilExit()
    }
  }
}

/// Where systemd would hear of a service.
private final class NotificationSocket {
  private let descriptor: Int32
  private let directory: TemporaryDirectory

  private init(_ descriptor: Int32, _ directory: TemporaryDirectory) {
    self.descriptor = descriptor
    self.directory = directory
  }

  static func open() throws -> (socket: NotificationSocket, path: String) {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/notify"
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    let bound = try UnixAddress.with(path) { bind(descriptor, $0, $1) }
    guard descriptor >= 0, bound == 0 else {
      throw BenchError.program("bind", said: String(cString: strerror(errno)))
    }
    return (NotificationSocket(descriptor, directory), path)
  }

  func waitUntilReady() throws {
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { throw BenchError.program("whittled", said: "it does not become ready") }
      if String(decoding: buffer[..<count], as: UTF8.self).contains("READY=1") { return }
    }
  }

  func close() { _ = Glibc.close(descriptor) }
}
