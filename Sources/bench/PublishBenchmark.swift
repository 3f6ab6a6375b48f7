internal import Foundation
internal import ZeroMQ

/// What subscribers cost a daemon that is fed as fast as it takes messages, and how soon late ones know.
struct PublishBenchmark {
  private let messages: [[UInt8]]
  private let batch: Int
  private let subscribers: Int
  private let joins: Int
  private let rounds: Int

  /// Of the subscribers, so many in a hundred read nothing.
  private static let stalledShare = 100
  /// Times the seconds of a daemon that nobody listens to.
  private static let bar = 1 / 0.95
  /// Seconds until a late subscriber knows.
  private static let latencyBar = 0.1

  static let names = ["", " cpu", " memory", " message"].map { "subscribers\($0)" } + ["late p50", "late p99"]
  /// A queue of samples, which is none of the subscribers', is to be short beside theirs.
  private static let queuedMessages = "100"
  /// Seconds between two late subscribers, who would be served together otherwise.
  private static let pause = 0.06

  init(samples: Int, subscribers: Int, joins: Int, rounds: Int) {
    batch = 100
    let rows = max(1, samples / batch) * batch
    messages = FormatText(.vwWords, SampleStream(.sparse, rows: rows), batch: batch).messages
    self.subscribers = subscribers
    self.joins = joins
    self.rounds = rounds
  }

  func results(directory: String) throws -> [Result] {
    let daemon = try FedDaemon(
      ["--ingest-receive-high-water-mark", PublishBenchmark.queuedMessages], publishes: true, directory: directory)
    defer { daemon.stop() }
    var memory: [(without: Double, with: Double)] = []
    var messageBytes: [Double] = []
    let stalled = max(1, subscribers / PublishBenchmark.stalledShare)
    let measured = try Rounds(
      rounds,
      [
        { try daemon.seconds(messages, batch: batch) },
        {
          let before = try daemon.residentBytes()
          let crowd = try SubscriberCrowd(subscribers, stalled: stalled, endpoint: daemon.publishEndpoint)
          defer { crowd.stop() }
          let seconds = try daemon.seconds(messages, batch: batch)
          memory.append((before, try daemon.residentBytes()))
          messageBytes.append(crowd.meanBytes)
          guard crowd.messages > 0 else { throw BenchError.program("publishing", said: "nothing was published") }
          return seconds
        },
      ])
    let samples = Double(messages.count * batch)
    let latencies = try (0..<joins).map { _ in try latency(daemon.publishEndpoint) }.sorted()
    // The first round was not counted.
    let counted = memory.dropFirst()
    return [
      Result(
        name: "subscribers", unit: .samplesPerSecond, figure: samples / measured.median(1),
        comparison: Result.Comparison(
          reference: "none", figure: samples / measured.median(0), ratios: measured.ratios(1, over: 0)),
        bar: .atMost(PublishBenchmark.bar)),
      Result(
        name: "subscribers cpu", unit: .samplesPerSecond, figure: samples / measured.median(1, .processor),
        comparison: Result.Comparison(
          reference: "none", figure: samples / measured.median(0, .processor),
          ratios: measured.ratios(1, over: 0, .processor)),
        bar: nil),
      Result(
        name: "subscribers memory", unit: .bytes, figure: median(counted.map(\.with)),
        comparison: Result.Comparison(
          reference: "none", figure: median(counted.map(\.without)), ratios: counted.map { $0.with / $0.without }),
        bar: nil),
      Result(name: "subscribers message", unit: .bytes, figure: median(messageBytes), comparison: nil, bar: nil),
      Result(
        name: "late p50", unit: .seconds, figure: latencies[latencies.count / 2], comparison: nil,
        bar: .atMost(PublishBenchmark.latencyBar)),
      Result(
        name: "late p99", unit: .seconds, figure: latencies[latencies.count * 99 / 100], comparison: nil,
        bar: .atMost(PublishBenchmark.latencyBar)),
    ]
  }

  /// Seconds from the call that connects to the first message, where nothing is published by itself.
  private func latency(_ endpoint: String) throws -> Double {
    let socket = try Socket(.subscribe, in: Context())
    try socket.set(.linger(0))
    try socket.set(.receiveTimeout(60_000))
    try socket.set(.subscribe(Array("coefficients".utf8)))
    let message = Message()
    Thread.sleep(forTimeInterval: PublishBenchmark.pause)
    return try Seconds.measure {
      try socket.connect(endpoint)
      guard try message.receive(from: socket) else { throw BenchError.program("subscribing", said: "nothing came") }
    }.wall
  }
}
