/// What questions cost a daemon that is fed as fast as it takes messages.
struct AskingBenchmark {
  private let batch: Int
  private let messages: [[UInt8]]
  private let rounds: Int

  /// Times the seconds of a daemon that nobody asks.
  private static let bar = 1 / 0.95

  static func names(_ batch: Int) -> [String] {
    let name = "asked \(batch == 1 ? "single" : "batches")"
    return [name, "\(name) echo"]
  }

  /// - Parameter batch: how many samples a message holds.
  init(samples: Int, batch: Int, rounds: Int) {
    self.batch = batch
    let rows = max(1, samples / batch) * batch
    messages = FormatText(.vwWords, SampleStream(.sparse, rows: rows), batch: batch).messages
    self.rounds = rounds
  }

  func results(directory: String) throws -> [Result] {
    let daemon = try FedDaemon([], directory: directory)
    defer { daemon.stop() }
    let echo = EchoServer()
    defer { echo.stop() }
    func seconds(asking endpoint: String?) throws -> Seconds {
      guard let endpoint else { return try daemon.seconds(messages, batch: batch) }
      let asker = PacedAsker(endpoint: endpoint, question: Questions.predict(messages[0]))
      defer { asker.stop() }
      let seconds = try daemon.seconds(messages, batch: batch)
      try asker.check(seconds.wall)
      return seconds
    }
    let measured = try Rounds(
      rounds,
      [
        { try seconds(asking: nil) }, { try seconds(asking: daemon.queryEndpoint) },
        { try seconds(asking: echo.endpoint) },
      ])
    let samples = Double(messages.count * batch)
    return AskingBenchmark.names(batch).enumerated().map { place, name in
      Result(
        name: name, unit: .samplesPerSecond, figure: samples / measured.median(place + 1),
        comparison: Result.Comparison(
          reference: "unasked", figure: samples / measured.median(0), ratios: measured.ratios(place + 1, over: 0)),
        bar: place == 0 ? .atMost(AskingBenchmark.bar) : nil)
    }
  }
}
