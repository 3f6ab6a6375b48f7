internal import OnlineLearning

/// Samples a second through the whole path: pushed by one process, over TCP, learned by another.
struct PathThroughput {
  let rounds: Int
  /// Of a round with one sample a message.
  let samples: Int
  let directory: String
  /// The peers' interpreter; nil for the project's own.
  let python: String?

  /// Messages of one sample; they are pushed again and again.
  private var singles: Int { min(samples, 20_000) }
  private var passes: Int { samples / singles }
  /// Samples of large messages: no less, and no more.
  private static let batches = 1000...50_000
  private var batched: Int { min(max(samples, PathThroughput.batches.lowerBound), PathThroughput.batches.upperBound) }

  /// One sample a message, beside a receiver that only counts the same messages.
  func beside(counterOf messages: PathMessages, _ name: String, bar: Double) throws -> [Result] {
    let file = try write(messages, name)
    let daemon = try PushedDaemon([], file, samples: messages.samples, directory: "\(directory)/\(name)")
    defer { daemon.stop() }
    let counter = try CountingReceiver(file, messages: messages.messages.count, directory: directory)
    defer { counter.stop() }
    let measured = try Rounds(
      rounds, [{ try daemon.seconds(passes: passes) }, { try counter.seconds(passes: passes) }])
    return both(name, measured, samples: messages.samples * passes, "counting receiver", bar: .atLeast(bar))
  }

  /// With a journal and checkpoints, beside itself without.
  func durable(_ name: String, bar: Double) throws -> [Result] {
    let messages = PathMessages.dense(singles)
    let file = try write(messages, name)
    func daemon(_ kind: String, _ flags: [String]) throws -> PushedDaemon {
      try PushedDaemon(
        ["--checkpoint-every-samples", "0"] + flags, file, samples: messages.samples,
        directory: "\(directory)/\(name) \(kind)")
    }
    let with = try daemon("with", ["--journal-sync", "interval", "--checkpoint-every-seconds", "5"])
    defer { with.stop() }
    let without = try daemon("without", ["--journal-sync", "off", "--checkpoint-every-seconds", "0"])
    defer { without.stop() }
    let measured = try Rounds(rounds, [{ try with.seconds(passes: passes) }, { try without.seconds(passes: passes) }])
    return both(name, measured, samples: messages.samples * passes, "without", bar: .atLeast(bar))
  }

  /// Dense rows, many a message, beside the learner alone, which has them in memory.
  func besideLearner(_ name: String, bar: Double) throws -> [Result] {
    let kind = ArrayMessages.Kind.dense16
    let arrays = ArrayMessages(kind, SampleStream(kind.plan, rows: 4 * batched), batch: 1000)
    let messages = PathMessages(arrays)
    let daemon = try PushedDaemon(
      [], try write(messages, name), samples: messages.samples, directory: "\(directory)/\(name)")
    defer { daemon.stop() }
    let learner = try TimedBatches(arrays, LearnerConfiguration())
    let measured = try Rounds(rounds, [{ try daemon.seconds(passes: arrays.passes) }, { learner.seconds() }])
    return both(name, measured, samples: messages.samples * arrays.passes, "learner alone", bar: .atLeast(bar))
  }

  /// Sparse rows, many a message, beside scikit-learn, which has them in memory.
  func besideScikitLearn(_ name: String, bar: Double) throws -> [Result] {
    let stream = SampleStream(.sparse, rows: batched)
    let messages = PathMessages(ArrayMessages(.sparse, stream, batch: 1000))
    let daemon = try PushedDaemon(
      ["--model-loss", "logistic"] + elasticNet, try write(messages, name), samples: messages.samples,
      directory: "\(directory)/\(name)")
    defer { daemon.stop() }
    let peer = try ScikitLearn(python: python, assumesFinite: false)
    defer { peer.stop() }
    try peer.load(stream)
    let passes = 4
    let measured = try Rounds(
      rounds,
      [
        { try daemon.seconds(passes: passes).per(passes) },
        { try peer.seconds(ScikitLearn.formats[0], .elasticnet) },
      ])
    return [throughput(name, measured, samples: messages.samples, "scikit-learn", .wall, bar: .atLeast(bar))]
  }

  /// Lines of text, many a message, beside Vowpal Wabbit, which reads them from a file.
  func besideVowpalWabbit(_ kind: FormatText.Kind, _ name: String, bar: Double, processorBar: Double) throws -> [Result]
  {
    let text = FormatText(kind, SampleStream(.sparse, rows: batched), batch: 100)
    let messages = PathMessages(text)
    let daemon = try PushedDaemon(
      elasticNet, try write(messages, name), samples: messages.samples, directory: "\(directory)/\(name)")
    defer { daemon.stop() }
    let readers = try FormatReaders(python: python)
    defer { readers.stop() }
    try readers.load(text)
    let passes = 4
    let measured = try Rounds(
      rounds, [{ try daemon.seconds(passes: passes).per(passes) }, { try readers.seconds(.vowpalWabbit) }])
    return [
      throughput(name, measured, samples: messages.samples, "Vowpal Wabbit", .wall, bar: .atLeast(bar)),
      throughput(
        "\(name) cpu", measured, samples: messages.samples, "Vowpal Wabbit", .processor, bar: .atLeast(processorBar)),
    ]
  }

  func dense() -> PathMessages { .dense(singles) }
  func positions() -> PathMessages { .positions(singles) }
  func names() -> PathMessages { .names(singles) }

  /// The elastic net that peers learn, too.
  private var elasticNet: [String] {
    let penalty = PenaltyKind.elasticnet.penalty
    return [
      "--penalty-l1", "\(penalty.l1)", "--penalty-l2", "\(penalty.l2)", "--learning-rate-schedule", "constant",
      "--learning-rate-initial", "\(LearnerSetup.rate)",
    ]
  }

  private func write(_ messages: PathMessages, _ name: String) throws -> String {
    note(name)
    let file = "\(directory)/\(name).messages"
    try MessageFile.write(messages.messages, to: file)
    return file
  }

  /// Samples a second, and what a million of them costs the processor, on either side.
  private func both(
    _ name: String, _ measured: Rounds, samples: Int, _ reference: String, bar: Result.Bar
  ) -> [Result] {
    func cost(_ contestant: Int) -> Double { measured.median(contestant, .processor) / Double(samples) * 1e6 }
    return [
      throughput(name, measured, samples: samples, reference, .wall, bar: bar),
      Result(
        name: "\(name) cpu", unit: .processorSecondsPerMillion, figure: cost(0),
        comparison: Result.Comparison(
          reference: reference, figure: cost(1), ratios: measured.ratios(0, over: 1, .processor)),
        bar: nil),
    ]
  }

  private func throughput(
    _ name: String, _ measured: Rounds, samples: Int, _ reference: String, _ clock: Rounds.Clock, bar: Result.Bar
  ) -> Result {
    Result(
      name: name, unit: .samplesPerSecond, figure: Double(samples) / measured.median(0, clock),
      comparison: Result.Comparison(
        reference: reference, figure: Double(samples) / measured.median(1, clock),
        ratios: measured.ratios(1, over: 0, clock)),
      bar: bar)
  }
}
