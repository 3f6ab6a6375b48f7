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
    for kind in JournalBenchmark.kinds {
      daemons.append(try FedDaemon(["--journal-sync", kind], directory: "\(directory)/\(kind)"))
    }
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
