internal import ArgumentParser
internal import Foundation
internal import TestSupport

/// The store on a disk, beside the disk.
struct StoreCommand: MeasuringCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Time checkpoints and the journal beside the disk, and what they have the engine wait.",
    discussion: """
      Ratios are medians over rounds in which both sides run in turn, from the lowest to the highest of them.

      SIZE write            bytes written per second, and how many times as many as dd conv=fsync of as many bytes
      SIZE restore          bytes read per second with the file in the machine's memory, and how many times as long as \
      only reading it takes
      SIZE restore cold     the same with the file on the disk only
      SIZE pause p99.9 …    from one message of one row with 76 features to the next, while checkpoints are copied and \
      written, and without any: the middle one, the longest of 99 %, of 99.9 % and of all
      journal SYNC          messages of one sample, text of 76 words, that a daemon learns per second with journal.sync SYNC, \
      and how many times as long as without a journal that takes; over five times as many rounds, with daemons that are started \
      anew five times
      journal SYNC cpu      the same per second of the daemon's own processor time

      The disk is that of --directory. The exit status is 0 whether or not the bars are met.
      """)

  @Option(help: "Weights of the models, as powers of two.")
  var bits: [Int] = [20, 24]
  @Option(help: "Rounds that count, and checkpoints during which messages are learned.")
  var rounds = 7
  @Option(help: "Messages that each daemon is fed in a round.")
  var messages = 200_000
  @Option(help: "Only rows whose name contains this.")
  var only: String?
  @Option(help: "Where files are written, in a directory that is removed (default: the one for temporary files).")
  var directory: String?
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if !bits.allSatisfy({ 4...26 ~= $0 }) { throw ValidationError("--bits must be from 4 to 26") }
    if !(1...10_000_000).contains(messages) { throw ValidationError("--messages must be from 1 to 10000000") }
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds must be from 1 to 1000") }
  }

  func results() throws -> [Result] {
    let place = URL(filePath: directory ?? NSTemporaryDirectory()).appending(path: "whittle-bench-\(UUID())")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    var results: [Result] = []
    for bits in bits {
      let names = CheckpointBenchmark.names(bits) + PauseBenchmark.names(bits)
      guard let only else {
        results += try measure(bits, place.path)
        continue
      }
      if names.contains(where: { $0.contains(only) }) { results += try measure(bits, place.path) }
    }
    if only.map({ only in JournalBenchmark.names.contains { $0.contains(only) } }) ?? true {
      results += try JournalBenchmark(samples: messages, rounds: rounds, directory: place.path).results()
    }
    if let only { results = results.filter { $0.name.contains(only) } }
    if results.isEmpty { throw BenchError.nothingNamed(only ?? "") }
    return results
  }

  private func measure(_ bits: Int, _ directory: String) throws -> [Result] {
    func isWanted(_ names: [String]) -> Bool { only.map { only in names.contains { $0.contains(only) } } ?? true }
    let messages = StoreMessages(bits: bits)
    var results: [Result] = []
    if isWanted(CheckpointBenchmark.names(bits)) {
      results += try CheckpointBenchmark(messages, rounds: rounds, directory: directory).results()
    }
    if isWanted(PauseBenchmark.names(bits)) {
      results += try PauseBenchmark(messages, rounds: rounds, directory: directory).results()
    }
    return results
  }
}
