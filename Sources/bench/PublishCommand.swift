internal import ArgumentParser
internal import Foundation

/// Subscribers of a daemon that learns, beside none.
struct PublishCommand: MeasuringCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Time learning at full speed with a thousand subscribers beside none, and how soon late ones know.",
    discussion: """
      Ratios are medians over rounds in which both sides run in turn, from the lowest to the highest of them. The daemon publishes \
      as often as it does by default, over TCP; subscribers run in this program, on the same processors.

      subscribers            samples of 76 words that a saturated daemon learns per second while so many subscribe to \
      everything, one in a hundred of whom reads nothing; and how many times as long as without them that takes
      subscribers cpu        samples per second of the daemon's own processor time, all of its threads; and how many times that time
      subscribers memory     resident bytes of the daemon after that, and how many times those before it
      subscribers message    mean bytes of what they receive
      late p50, p99          seconds from connecting to the last coefficients, of a daemon that learns nothing

      The exit status is 0 whether or not the bars are met.
      """)

  @Option(help: "Rounds that count.")
  var rounds = 7
  @Option(help: "Samples that the daemon is fed in a round.")
  var samples = 500_000
  @Option(help: "Subscribers.")
  var subscribers = 1000
  @Option(help: "Late subscribers that are timed, one after the other.")
  var joins = 500
  @Option(help: "Only rows whose name contains this.")
  var only: String?
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds must be from 1 to 1000") }
    if !(100...100_000_000).contains(samples) { throw ValidationError("--samples must be from 100 to 100000000") }
    if !(2...5000).contains(subscribers) { throw ValidationError("--subscribers must be from 2 to 5000") }
    if !(1...100_000).contains(joins) { throw ValidationError("--joins must be from 1 to 100000") }
  }

  func results() throws -> [Result] {
    if let only, !PublishBenchmark.names.contains(where: { $0.contains(only) }) { throw BenchError.nothingNamed(only) }
    let place = URL(filePath: NSTemporaryDirectory()).appending(path: "whittle-bench-\(UUID())")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    let benchmark = PublishBenchmark(samples: samples, subscribers: subscribers, joins: joins, rounds: rounds)
    let results = try benchmark.results(directory: place.path)
      .filter { result in only.map { result.name.contains($0) } ?? true }
    return results
  }
}
