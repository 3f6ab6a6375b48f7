/// What the journal costs a daemon that is fed as fast as it takes messages: one daemon for each way to sync, each in a
/// process of its own, fed in turn; and that several times, since a process keeps the pages that it happened to get, which make
/// one of the same kind faster than another by some percent.
struct JournalBenchmark {
  let messages: [[UInt8]]
  let rounds: Int
  let directory: String

  /// Times the seconds without a journal.
  private static let bar = 1 / 0.9
  /// How often all daemons are started.
  private static let starts = 5
  private static let kinds = ["off", "none", "interval", "always"]

  static let names = kinds.map { "journal \($0)" } + kinds.dropFirst().map { "journal \($0) cpu" }

  /// - Parameter samples: of one message each: Vowpal Wabbit text of 76 words.
  init(samples: Int, rounds: Int, directory: String) {
    messages = FormatText(.vwWords, SampleStream(.sparse, rows: samples), batch: 1).messages
    self.rounds = rounds
    self.directory = directory
  }

  func results() throws -> [Result] {
    let measured = Rounds(joining: try (0..<JournalBenchmark.starts).map { try start("\(directory)/\($0)") })
    func result(_ index: Int, _ clock: Rounds.Clock) -> Result {
      let (samples, kind) = (Double(messages.count), JournalBenchmark.kinds[index])
      let comparison = Result.Comparison(
        reference: "off", figure: samples / measured.median(0, clock), ratios: measured.ratios(index, over: 0, clock))
      return Result(
        name: "journal \(kind)\(clock == .processor ? " cpu" : "")", unit: .samplesPerSecond,
        figure: samples / measured.median(index, clock), comparison: index == 0 ? nil : comparison,
        bar: kind == "interval" && clock == .wall ? .atMost(JournalBenchmark.bar) : nil)
    }
    let kinds = JournalBenchmark.kinds.indices
    return kinds.map { result($0, .wall) } + kinds.dropFirst().map { result($0, .processor) }
  }

  /// Starts the daemons, and feeds them.
  private func start(_ directory: String) throws -> Rounds {
    var daemons: [FedDaemon] = []
    defer { for daemon in daemons { daemon.stop() } }
    for kind in JournalBenchmark.kinds {
      daemons.append(try FedDaemon(["--journal-sync", kind], directory: "\(directory)/\(kind)"))
    }
    return try Rounds(rounds, daemons.map { daemon in { try daemon.seconds(messages) } })
  }
}
