internal import ArgumentParser
internal import Foundation

/// Questions to a daemon that learns, beside none and beside an echo.
struct QueryCommand: MeasuringCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Time predictions beside a bare echo, and what they cost a daemon that learns at full speed.",
    discussion: """
      Ratios are medians over rounds in which both sides run in turn, from the lowest to the highest of them. Questions are \
      predict of a sample with 10 features.

      asked MESSAGES         samples of 76 words that a saturated daemon learns per second while it is asked 1,000 times a \
      second, and how many times as long as unasked that takes, over five times as many rounds; MESSAGES hold one sample each, \
      or a hundred
      asked MESSAGES cpu     the same per second of the daemon's own processor time
      asked MESSAGES echo    the same while an echo is asked as often beside it: what asking costs the machine
      idle p50, p99          seconds from a question to its answer, and how many times as long as the echo that takes, asked \
      in turn by the same client
      learning p50, p99 …    the same while the daemon learns at full speed: messages of one sample, and batches of a hundred, \
      each of which is learned whole before anything is answered

      The exit status is 0 whether or not the bars are met.
      """)

  @Option(help: "Rounds that count.")
  var rounds = 7
  @Option(help: "Samples that the daemon is fed in a round.")
  var samples = 200_000
  @Option(help: "Questions of each kind whose answers are timed in a round.")
  var questions = 5000
  @Option(help: "Only rows whose name contains this.")
  var only: String?
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds must be from 1 to 1000") }
    if !(100...10_000_000).contains(samples) { throw ValidationError("--samples must be from 100 to 10000000") }
    if !(100...1_000_000).contains(questions) { throw ValidationError("--questions must be from 100 to 1000000") }
  }

  func results() throws -> [Result] {
    let place = URL(filePath: NSTemporaryDirectory()).appending(path: "whittle-bench-\(UUID())")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    func isWanted(_ names: [String]) -> Bool { only.map { only in names.contains { $0.contains(only) } } ?? true }
    var results: [Result] = []
    for batch in [1, 100] where isWanted(AskingBenchmark.names(batch)) {
      let benchmark = AskingBenchmark(samples: samples, batch: batch, rounds: rounds)
      results += try benchmark.results(directory: "\(place.path)/asked-\(batch)")
    }
    for load in AnswerBenchmark.Load.allCases where isWanted(AnswerBenchmark.names(load)) {
      let benchmark = AnswerBenchmark(load, questions: questions, rounds: rounds)
      results += try benchmark.results(directory: "\(place.path)/\(load.rawValue)")
    }
    if let only { results = results.filter { $0.name.contains(only) } }
    if results.isEmpty { throw BenchError.nothingNamed(only ?? "") }
    return results
  }
}
