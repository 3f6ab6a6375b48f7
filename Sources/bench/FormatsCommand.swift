internal import ArgumentParser

/// The decoders of the formats, beside other readers of the same text.
struct FormatsCommand: MeasuringCommand {
  static let configuration = CommandConfiguration(
    commandName: "formats",
    abstract: "Time decoding, and decoding and learning, beside other readers of the same text.",
    discussion: """
      All texts hold the same samples: 76 of 47,152 features each, frequent as RCV1's, with values as 0.0413. Arrays of \
      Float32 hold such samples as CSR, and dense ones of 16 and of 256 features; their columns are names of the space \
      dictionary, or indices of the space indexed. Ratios are medians over rounds \
      in which both sides run in turn, from the lowest to the highest of them; on a machine that does anything else only \
      they mean something.

      FORMAT decode                samples decoded per second
      FORMAT decode beside READER  the same, and how many times as many as another reader's
      FORMAT decode bytes          bytes decoded per second in the fastest round, since no neighbour shares what else the \
      machine did in the others
      FORMAT learn                 samples decoded and learned per second by a model that knows their features; beside \
      Vowpal Wabbit, which reads the same text from a file with the same loss and penalty
      FORMAT learn cpu             samples decoded and learned per second that the processors worked, of which Vowpal Wabbit \
      keeps two busy
      arrays SHAPE SPACE learn     samples decoded and learned per second, and the part of the speed at which the same \
      model learns them where they have been decoded before, into a list of features as any format's

      The exit status is 0 whether or not the bars are met.
      """)

  @Option(help: "Samples of every format.")
  var rows = 50_000
  @Option(help: "Samples in a message.")
  var batch = 100
  @Option(help: "Rounds that count.")
  var rounds = 7
  @Option(help: "Only rows whose name contains this.")
  var only: String?
  @Option(help: "A Python interpreter with the peers (default: the one in .venv, made by deploy/python).")
  var python: String?
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if !(1...10_000_000).contains(rows) { throw ValidationError("--rows must be from 1 to 10000000") }
    if !(1...100_000).contains(batch) { throw ValidationError("--batch must be from 1 to 100000") }
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds must be from 1 to 1000") }
  }

  func results() throws -> [Result] {
    let benchmark = FormatsBenchmark(rows: rows, batch: batch, rounds: rounds, only: only, python: python)
    let arrays = ArraysBenchmark(rows: rows, batch: batch, rounds: rounds, only: only)
    let results = try benchmark.results() + arrays.results()
    if results.isEmpty { throw BenchError.nothingNamed(only ?? "") }
    return results
  }
}
