/// What questions cost a daemon that is fed as fast as it takes messages.
struct AskingBenchmark {
  private let batch: Int
  private let messages: [[UInt8]]
  private let rounds: Int

  /// Times the seconds of a daemon that nobody asks.
  private static let bar = 1 / 0.95
  /// How many rounds are run for each that is asked for: one lasts half a second, and what it tells of a few percent is mostly
  /// what else the machine did.
  private static let repetitions = 5

  static func names(_ batch: Int) -> [String] {
    let name = "asked \(batch == 1 ? "single" : "batches")"
    return [name, "\(name) cpu", "\(name) echo"]
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
      rounds * AskingBenchmark.repetitions,
      [
        { try seconds(asking: nil) }, { try seconds(asking: daemon.queryEndpoint) },
        { try seconds(asking: echo.endpoint) },
      ])
    let samples = Double(messages.count * batch)
    func result(_ place: Int, _ contestant: Int, _ clock: Rounds.Clock, bar: Result.Bar? = nil) -> Result {
      let comparison = Result.Comparison(
        reference: "unasked", figure: samples / measured.median(0, clock),
        ratios: measured.ratios(contestant, over: 0, clock))
      return Result(
        name: AskingBenchmark.names(batch)[place], unit: .samplesPerSecond,
        figure: samples / measured.median(contestant, clock), comparison: comparison, bar: bar)
    }
    return [
      result(0, 1, .wall, bar: .atMost(AskingBenchmark.bar)), result(1, 1, .processor), result(2, 2, .wall),
    ]
  }
}
