internal import Foundation
internal import Synchronization
internal import WhittleClient
internal import ZeroMQ

/// How long answers take beside a bare echo, by one client that asks both in turn.
struct AnswerBenchmark {
  enum Load: String, CaseIterable {
    /// The daemon does nothing else.
    case idle
    /// It learns messages of one sample, or of a hundred, at full speed.
    case learning
    case learningBatches = "learning batches"

    var batch: Int { self == .learningBatches ? 100 : 1 }
    /// A message is learned whole, and so a question waits for a large one.
    var hasBar: Bool { self != .learningBatches }
  }

  private let load: Load
  private let questions: Int
  private let rounds: Int

  /// Times the echo's.
  private static let bar = 2.0
  private static let shares = [("p50", 0.5), ("p99", 0.99)]

  static func names(_ load: Load) -> [String] { shares.map { "\(load.rawValue) \($0.0)" } }

  /// - Parameter questions: of each kind in a round.
  init(_ load: Load, questions: Int, rounds: Int) {
    self.load = load
    self.questions = questions
    self.rounds = rounds
  }

  func results(directory: String) throws -> [Result] {
    let daemon = try FedDaemon([], directory: directory)
    defer { daemon.stop() }
    let echo = EchoServer()
    defer { echo.stop() }
    let messages = FormatText(.vwWords, SampleStream(.sparse, rows: 20_000), batch: load.batch).messages
    // It knows the features that it is asked about.
    _ = try daemon.seconds(messages, batch: load.batch)
    let feeder = load == .idle ? nil : Feeder(daemon.pullEndpoint, messages)
    defer { feeder?.stop() }
    let context = try Context()
    let (asked, echoed) = (try asker(daemon.queryEndpoint, context), try asker(echo.endpoint, context))
    let question = Questions.predict(messages[0])
    var rounds: [(ours: [Double], echo: [Double])] = []
    for round in 0...self.rounds {
      var (ours, others): ([Double], [Double]) = ([], [])
      for _ in 0..<questions {
        ours.append(try time(asked, question))
        others.append(try time(echoed, question))
      }
      // The first is not counted.
      if round > 0 { rounds.append((ours.sorted(), others.sorted())) }
    }
    return zip(AnswerBenchmark.names(load), AnswerBenchmark.shares).map { name, share in
      func figure(_ sorted: [Double]) -> Double { sorted[min(Int(Double(sorted.count) * share.1), sorted.count - 1)] }
      let (ours, others) = (rounds.map { figure($0.ours) }, rounds.map { figure($0.echo) })
      return Result(
        name: name, unit: .seconds, figure: median(ours),
        comparison: Result.Comparison(
          reference: "echo", figure: median(others), ratios: zip(ours, others).map { $0 / $1 }),
        bar: share.0 == "p99" && load.hasBar ? .atMost(AnswerBenchmark.bar) : nil)
    }
  }

  private func asker(_ endpoint: String, _ context: Context) throws -> Socket {
    let socket = try Socket(.request, in: context)
    try socket.set(.linger(0))
    try socket.set(.receiveTimeout(60_000))
    try socket.connect(endpoint)
    return socket
  }

  private func time(_ socket: Socket, _ question: [UInt8]) throws -> Double {
    let start = ContinuousClock.now
    try socket.send([question])
    guard let answer = try socket.receive() else { throw BenchError.answer("nothing", to: "predict") }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    guard answer.count == 1, answer[0].count > 60 else {
      throw BenchError.answer("\(answer.count) frames", to: "predict")
    }
    return seconds
  }
}

/// Feeds a daemon as fast as it takes messages, over and over, on a thread of its own.
private final class Feeder: Sendable {
  private let isStopping = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  init(_ endpoint: String, _ messages: [[UInt8]]) {
    Thread { [self] in feed(endpoint, messages) }.start()
  }

  private func feed(_ endpoint: String, _ messages: [[UInt8]]) {
    defer { ended.signal() }
    do {
      let sender = try SampleSender(endpoint: endpoint, milliseconds: 60_000)
      while true {
        for message in messages {
          if isStopping.load(ordering: .relaxed) { return }
          try sender.send(message)
        }
      }
    } catch {
      FileHandle.standardError.write(Data("feeding failed: \(error)\n".utf8))
    }
  }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    ended.wait()
  }
}
