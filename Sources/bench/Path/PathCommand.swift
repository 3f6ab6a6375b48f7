internal import ArgumentParser
internal import Foundation
internal import TestSupport

/// The whole path, from a sender's socket to the model.
struct PathCommand: MeasuringCommand {
  static let configuration = CommandConfiguration(
    commandName: "path",
    abstract: "Time the whole path, over TCP: from a process that sends to a daemon that learns.",
    discussion: """
      Ratios are medians over rounds in which both sides run in turn, from the lowest to the highest of them. The daemon has its \
      default configuration but for what the row names. Rows that end in "cpu" are what the daemon's processes cost.

      dense single           one sample of 16 Float32s a message, beside a libzmq receiver that counts the same messages
      json positions         one sample of 16 features by position a message, beside the same
      json names             one sample of 20 named features a message, beside the same
      durable                as dense single, with a journal and a checkpoint every 5 s, beside the same daemon without
      arrays                 1,000 dense rows of 16 a message, beside the learner alone with all of them in memory
      csr                    1,000 rows of 76 features a message, elastic net, beside scikit-learn's partial_fit in memory
      vw words, vw numbers   Vowpal Wabbit text of 76 features a line, 100 lines a message, elastic net, beside Vowpal Wabbit \
      reading the same lines from a file
      predicted              one sample of 20 named features a message, answered with predictions, beside a pipelined echo and
      Python programs
      round trip             one such sample at a time, beside an echo of as many bytes
      start                  until a daemon with --names names is ready, beside cat of its checkpoint
      idle                   memory, and share of one processor, of a daemon with nothing to do

      The exit status is 0 whether or not the bars are met.
      """)

  @Option(help: "Rounds that count.")
  var rounds = 7
  @Option(help: "Samples in a round, one a message; of large messages a sixth.")
  var samples = 300_000
  @Option(help: "Names that the daemon restores at its start.")
  var names = 1 << 20
  @Option(help: "Samples in a round of the round trip.")
  var questions = 2000
  @Option(help: "Seconds for which the idle daemon is watched.")
  var seconds = 60.0
  @Option(help: "Only rows whose name begins with this.")
  var only: String?
  @Option(help: "A Python interpreter with the peers (default: the one in .venv, made by deploy/python).")
  var python: String?
  @Flag(help: "Print JSON.")
  var json = false

  private enum Row: String, CaseIterable {
    case dense = "dense single"
    case positions = "json positions"
    case names = "json names"
    case durable
    case arrays
    case csr
    case words = "vw words"
    case numbers = "vw numbers"
    case predicted
    case roundTrip = "round trip"
    case start
    case idle
  }

  func validate() throws {
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds must be from 1 to 1000") }
    if !(100...100_000_000).contains(samples) { throw ValidationError("--samples must be from 100 to 100000000") }
    if !(1...(1 << 24)).contains(names) { throw ValidationError("--names must be from 1 to 16777216") }
    if !(100...1_000_000).contains(questions) { throw ValidationError("--questions must be from 100 to 1000000") }
    if !(1...3600).contains(seconds) { throw ValidationError("--seconds must be from 1 to 3600") }
  }

  func results() throws -> [Result] {
    let rows = Row.allCases.filter { row in
      only.map { row.rawValue.hasPrefix($0) || $0.hasPrefix(row.rawValue) } ?? true
    }
    let directory = try TemporaryDirectory()
    let results = try rows.flatMap { try measure($0, directory.path) }
      .filter { result in only.map { result.name.hasPrefix($0) } ?? true }
    if results.isEmpty { throw BenchError.nothingNamed(only ?? "") }
    return results
  }

  private func measure(_ row: Row, _ directory: String) throws -> [Result] {
    let throughput = PathThroughput(rounds: rounds, samples: samples, directory: directory, python: python)
    let answers = PathAnswers(rounds: rounds, samples: samples, directory: directory, python: python)
    let lifecycle = PathLifecycle(rounds: rounds, directory: directory)
    let name = row.rawValue
    return switch row {
    case .dense: try throughput.beside(counterOf: throughput.dense(), name, bar: 0.9)
    case .positions: try throughput.beside(counterOf: throughput.positions(), name, bar: 0.75)
    case .names: try throughput.beside(counterOf: throughput.names(), name, bar: 0.6)
    case .durable: try throughput.durable(name, bar: 0.9)
    case .arrays: try throughput.besideLearner(name, bar: 0.8)
    case .csr: try throughput.besideScikitLearn(name, bar: 3)
    case .words: try throughput.besideVowpalWabbit(.vwWords, name, bar: 3, processorBar: 4)
    case .numbers: try throughput.besideVowpalWabbit(.vwNumbers, name, bar: 3, processorBar: 4)
    case .predicted: try answers.pipelined(name)
    case .roundTrip: try answers.roundTrip(name, bars: [(0.5, 1.3), (0.99, 2)], questions: questions)
    case .start: try lifecycle.start(name, features: names, bar: 5)
    case .idle: try lifecycle.idle(name, seconds: seconds, memoryBar: 40e6, processorBar: 0.002)
    }
  }
}
