internal import ArgumentParser
internal import Foundation
internal import TestSupport

/// How cost grows.
struct GrowthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "growth",
    abstract: "Measure samples a second against what they depend on, and draw it.",
    discussion: """
      Figures are samples that a daemon learns per second over TCP: medians over rounds, from the lowest to the highest of them.

      features      by features per sample
      model         by weights in the model
      messages      by samples per message, beside a receiver that only counts messages
      publishers    by connections that send
      subscribers   by subscribers to everything

      They are figures of this machine: what they tell of another is their shape.
      """)

  @Option(help: "Rounds that count.")
  var rounds = 7
  @Option(help: "Features that a round learns, about.")
  var features = 4_000_000
  @Option(help: "Only the curve of this name.")
  var only: String?
  @Option(help: "A directory for pictures: CURVE.svg.")
  var svg: String?
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if !(1...1000).contains(rounds) { throw ValidationError("--rounds must be from 1 to 1000") }
    if !(1000...1_000_000_000).contains(features) {
      throw ValidationError("--features must be from 1000 to 1000000000")
    }
    if let only, !GrowthBenchmark.names.contains(only) {
      throw ValidationError("--only must be one of \(GrowthBenchmark.names.joined(separator: ", "))")
    }
  }

  func run() throws {
    let directory = try TemporaryDirectory()
    let benchmark = GrowthBenchmark(rounds: rounds, features: features, directory: directory.path)
    let curves = try GrowthBenchmark.names.filter { only == nil || only == $0 }.map { try benchmark.curve($0) }
    if let svg {
      try FileManager.default.createDirectory(atPath: svg, withIntermediateDirectories: true)
      for curve in curves {
        try Data(LineChart(curve: curve).svg.utf8).write(to: URL(filePath: "\(svg)/\(curve.name).svg"))
      }
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(curves), as: UTF8.self))
    } else {
      print(curves.map(\.text).joined(separator: "\n\n"))
    }
  }
}
