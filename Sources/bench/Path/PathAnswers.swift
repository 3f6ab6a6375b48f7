internal import Foundation
internal import ZeroMQ

/// Samples that are answered with their predictions, over TCP.
struct PathAnswers {
  let rounds: Int
  /// Of a round.
  let samples: Int
  let directory: String
  /// The peers' interpreter; nil for the project's own.
  let python: String?

  /// What Python programs do with samples one by one.
  enum Peer: String, CaseIterable {
    case river, scikit

    var name: String { self == .river ? "River" : "scikit-learn" }
    /// How many times as fast the daemon has to be.
    var bar: Double { self == .river ? 20 : 500 }
    /// Samples that are enough for some tenths of a second.
    var samples: Int { self == .river ? 5000 : 500 }
  }

  /// Named features, pipelined, beside a bare echo of as many bytes, which is the limit of what any program can answer, and beside
  /// Python programs that predict and learn the same messages one by one.
  func pipelined(_ name: String) throws -> [Result] {
    note(name)
    let messages = PathMessages.names(min(samples, 20_000))
    let passes = samples / messages.samples
    let daemon = try answeringDaemon(name)
    defer { daemon.stop() }
    let asker = try asker(
      try daemon.endpoint("ingest.router.bind"), messages.messages, as: name)
    defer { asker.stop() }
    let peers = try Peer.allCases.map { kind in
      let samples = min(kind.samples, samples)
      let peer = try PythonPeer(
        "\(kind.name) stream", script: "stream_learner.py", arguments: [kind.rawValue], python: python)
      let endpoint = try peer.ask("bind")
      return (
        kind: kind, peer: peer, samples: samples,
        asker: try self.asker(endpoint, Array(messages.messages.prefix(samples)), as: "\(name) \(kind.rawValue)")
      )
    }
    defer {
      for peer in peers {
        peer.asker.stop()
        peer.peer.stop()
      }
    }
    @discardableResult
    func ask(_ asker: LineProcess, passes: Int, samples: Int) throws -> Int {
      let told = try asker.numbers("\(passes)", 2)
      guard Int(told[0]) == samples else { throw BenchError.answer("\(told[0]) answers", to: "\(samples) samples") }
      return Int(told[1])
    }
    let bytes = try ask(asker, passes: 1, samples: messages.samples)
    let echo = try LineProcess.wire(["echo", "\(bytes)"], directory: directory)
    defer { echo.stop() }
    let echoAsker = try self.asker(try echo.answer(to: "bind"), messages.messages, as: "\(name) echo")
    defer { echoAsker.stop() }
    func seconds(_ asker: LineProcess) throws -> Seconds {
      try Seconds.measure { try ask(asker, passes: passes, samples: messages.samples * passes) }
        .per(messages.samples * passes)
    }
    let measured = try Rounds(
      rounds,
      [{ try seconds(asker) }, { try seconds(echoAsker) }]
        + peers.map { peer in
          {
            peer.peer.tell("serve \(peer.samples)")
            let seconds = try Seconds.measure { try ask(peer.asker, passes: 1, samples: peer.samples) }
            _ = try peer.peer.answer(to: "serve")
            return seconds.per(peer.samples)
          }
        })
    func beside(_ reference: String, _ contestant: Int, bar: Result.Bar?) -> Result {
      Result(
        name: "\(name) beside \(reference)", unit: .samplesPerSecond, figure: 1 / measured.median(0),
        comparison: Result.Comparison(
          reference: reference, figure: 1 / measured.median(contestant), ratios: measured.ratios(contestant, over: 0)),
        bar: bar)
    }
    return [beside("echo", 1, bar: nil)]
      + peers.enumerated().map { beside($1.kind.name, 2 + $0, bar: .atLeast($1.kind.bar)) }
  }

  /// How long a client waits that sends the next sample when the prediction of the last one has come, beside a bare echo of
  /// as many bytes.
  func roundTrip(_ name: String, bars: [(share: Double, bar: Double)], questions: Int) throws -> [Result] {
    note(name)
    let messages = PathMessages.names(min(samples, 20_000)).messages
    let daemon = try answeringDaemon(name)
    defer { daemon.stop() }
    let context = try Context()
    let asked = try requester(try daemon.endpoint("ingest.router.bind"), context)
    try asked.send(messages[0])
    let bytes = try asked.receive()?.last?.count ?? 0
    let echo = try LineProcess.wire(["echo", "\(bytes)"], directory: directory)
    defer { echo.stop() }
    let echoed = try requester(try echo.answer(to: "bind"), context)
    func time(_ socket: Socket, _ message: [[UInt8]]) throws -> Double {
      try Seconds.measure {
        try socket.send(message)
        guard try socket.receive() != nil else { throw BenchError.answer("nothing", to: "a sample") }
      }.wall
    }
    var times: [(ours: [Double], echo: [Double])] = []
    for round in 0...rounds {
      var (ours, others): ([Double], [Double]) = ([], [])
      for question in 0..<questions {
        let message = messages[question % messages.count]
        ours.append(try time(asked, message))
        others.append(try time(echoed, message))
      }
      // The first is not counted.
      if round > 0 { times.append((ours.sorted(), others.sorted())) }
    }
    return bars.map { share, bar in
      func figure(_ sorted: [Double]) -> Double { sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)] }
      let (ours, others) = (times.map { figure($0.ours) }, times.map { figure($0.echo) })
      return Result(
        name: "\(name) p\(Int((share * 100).rounded()))", unit: .seconds, figure: median(ours),
        comparison: Result.Comparison(
          reference: "echo", figure: median(others), ratios: zip(ours, others).map { $0 / $1 }),
        bar: .atMost(bar))
    }
  }

  private func answeringDaemon(_ name: String) throws -> DaemonProcess {
    try DaemonProcess(
      PushedDaemon.anywhere + ["--ingest-router-predict", "true"], directory: "\(directory)/\(name)")
  }

  private func asker(_ endpoint: String, _ messages: [[[UInt8]]], as name: String) throws -> LineProcess {
    let file = "\(directory)/\(name).messages"
    try MessageFile.write(messages, to: file)
    return try .wire(["ask", endpoint, file], directory: directory)
  }

  private func requester(_ endpoint: String, _ context: Context) throws -> Socket {
    let socket = try Socket(.request, in: context)
    try socket.set(.linger(0))
    try socket.set(.receiveTimeout(60_000))
    try socket.connect(endpoint)
    return socket
  }
}
