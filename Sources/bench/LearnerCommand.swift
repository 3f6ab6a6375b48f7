internal import ArgumentParser
internal import Foundation

/// The learner in memory, beside scikit-learn's and beside itself.
struct LearnerCommand: MeasuringCommand {
  static let configuration = CommandConfiguration(
    commandName: "learner",
    abstract: "Time the learner in memory: beside scikit-learn, by penalty, and by the size of the model.",
    discussion: """
      Ratios are medians over rounds in which both sides run in turn, from the lowest to the highest of them; on a \
      machine that does anything else only they mean something.

      STREAM OPTIMIZER PENALTY            learned features per second, and how many times as many as scikit-learn's \
      SGDClassifier in one partial_fit over the same rows, its checks of the input included
      STREAM OPTIMIZER PENALTY shrinkage  the time with a penalty over the time without
      STREAM OPTIMIZER PENALTY validation the time of a model, which validates what it learns, over its learner's
      2^24 OPTIMIZER PENALTY              the time with 2^24 features over the time with 2^14, 76 a row in both
      bytes OPTIMIZER                     the memory of a weight

      The exit status is 0 whether or not the bars are met.
      """)

  @Option(help: "Rows of every stream (default: enough for about a third of a second).")
  var rows: Int?
  @Option(help: "Rounds that count.")
  var rounds = 7
  @Option(help: "Only rows whose name contains this.")
  var only: String?
  @Option(help: "A Python interpreter with scikit-learn (default: the one in .venv, made by deploy/python).")
  var python: String?
  @Flag(help: "Have scikit-learn search its input for no NaN or infinity, as this learner does not either.")
  var assumeFinite = false
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if let rows, !(1...100_000_000).contains(rows) { throw ValidationError("--rows must be from 1 to 100000000") }
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds must be from 1 to 1000") }
  }

  func results() throws -> [Result] {
    let benchmark = LearnerBenchmark(
      rows: rows, rounds: rounds, only: only, python: python, assumesFinite: assumeFinite)
    let results = try benchmark.results()
    if results.isEmpty { throw BenchError.nothingNamed(only ?? "") }
    return results
  }
}
