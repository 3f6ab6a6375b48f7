internal import ArgumentParser
internal import Foundation
internal import ZeroMQ

/// What stands at the other ends of sockets while the path is measured, each in a process of its own. They do as they are
/// told on standard input, a line each, and answer a line each.
struct WireCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wire", shouldDisplay: false, subcommands: [Push.self, Count.self, Ask.self, Echo.self])

  /// As many messages as whittled's sockets hold by default.
  static let highWaterMark = 10_000

  /// `N`: pushes all messages N times; answers "pushed".
  struct Push: ParsableCommand {
    @Argument var endpoint: String
    @Argument var file: String
    @Option var connections = 1

    func run() throws {
      let messages = try MessageFile.read(file)
      let socket = try Socket(.push, in: Context())
      try socket.set(.sendHighWaterMark(WireCommand.highWaterMark))
      // A pushing socket takes its connections in turn.
      for _ in 0..<connections { try socket.connect(endpoint) }
      try WireCommand.obey { passes in
        for _ in 0..<passes {
          for message in messages { try socket.send(message) }
        }
        return "pushed"
      }
    }
  }

  /// Binds a PULL socket and says where. `N`: takes N messages and looks at none; answers the processor's seconds.
  struct Count: ParsableCommand {
    func run() throws {
      let socket = try Socket(.pull, in: Context())
      try socket.set(.receiveHighWaterMark(WireCommand.highWaterMark))
      WireCommand.say(try socket.bind("tcp://127.0.0.1:*"))
      let message = Message()
      try WireCommand.obey { count in
        let seconds = try Seconds.measure {
          for _ in 0..<count { _ = try message.receive(from: socket) }
        }
        return "\(seconds.processor ?? 0)"
      }
    }
  }

  /// `N`: asks all messages N times, with so many answers outstanding at most; answers how many answers came, and the
  /// bytes of the last one.
  struct Ask: ParsableCommand {
    @Argument var endpoint: String
    @Argument var file: String
    @Option var outstanding = 1000

    func run() throws {
      let messages = try MessageFile.read(file)
      let socket = try Socket(.dealer, in: Context())
      try socket.set(.linger(0))
      try socket.set(.receiveHighWaterMark(WireCommand.highWaterMark))
      // An answer that was lost ends the benchmark.
      try socket.set(.receiveTimeout(60_000))
      try socket.connect(endpoint)
      let answer = Message()
      try WireCommand.obey { passes in
        var (asked, answered) = (0, 0)
        for _ in 0..<passes {
          for message in messages {
            try socket.send([[]] + message)
            asked += 1
            while try answer.receive(from: socket, waiting: asked - answered < outstanding ? .never : .allowed) {
              answered += 1
            }
          }
        }
        while answered < asked, try answer.receive(from: socket) { answered += 1 }
        return "\(answered) \(answer.copy(answer.count - 1).count)"
      }
    }
  }

  /// Binds a ROUTER socket, says where, and answers every message with so many bytes, until its input ends.
  struct Echo: ParsableCommand {
    @Argument var bytes: Int

    func run() throws {
      let socket = try Socket(.router, in: Context())
      try socket.set(.receiveTimeout(100))
      try socket.set(.linger(0))
      // More than who asks has outstanding: beyond its mark, a router drops.
      try socket.set(.sendHighWaterMark(WireCommand.highWaterMark))
      try socket.set(.receiveHighWaterMark(WireCommand.highWaterMark))
      WireCommand.say(try socket.bind("tcp://127.0.0.1:*"))
      let content = [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
      let message = Message()
      while !WireCommand.inputHasEnded {
        while try message.receive(from: socket) {
          // All but the payload is where the answer has to go.
          for frame in 0..<message.count - 1 { try socket.send(message.copy(frame), more: true) }
          try socket.send(content)
        }
      }
    }
  }

  /// Does what each line of standard input says.
  private static func obey(_ body: (Int) throws -> String) throws {
    while let line = readLine() { say(try body(Int(line) ?? 0)) }
  }

  private static func say(_ answer: String) {
    FileHandle.standardOutput.write(Data("\(answer)\n".utf8))
  }

  private static var inputHasEnded: Bool {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&input, 1, 0) > 0
  }
}
