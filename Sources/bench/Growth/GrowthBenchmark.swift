internal import Foundation
internal import OnlineLearning

/// How throughput grows, or falls, with the samples, the model, the messages, and with those who send and listen.
struct GrowthBenchmark {
  let rounds: Int
  /// Features that a round learns, about.
  let features: Int
  let directory: String

  static let names = ["features", "model", "messages", "publishers", "subscribers"]

  func curve(_ name: String) throws -> GrowthCurve {
    switch name {
    case "features": try featuresPerSample()
    case "model": try modelSize()
    case "messages": try samplesPerMessage()
    case "publishers": try publishers()
    default: try subscribers()
    }
  }

  private func featuresPerSample() throws -> GrowthCurve {
    func line(_ name: String, batch: Int) throws -> GrowthCurve.Line {
      GrowthCurve.Line(
        name: name,
        points: try [1, 4, 16, 64, 256, 1024].map { count in
          let samples = samples(ofFeatures: count, batch: batch)
          let arrays = ArrayMessages(.dense16, dense(count, rows: samples), batch: batch)
          return try point(count, PathMessages(arrays), place: "features-\(batch)-\(count)")
        })
    }
    return GrowthCurve(
      name: "features", title: "Samples a second, by features per sample", axis: "features per sample (dense arrays)",
      lines: [try line("one sample a message", batch: 1), try line("1,000 samples a message", batch: 1000)])
  }

  private func modelSize() throws -> GrowthCurve {
    let rows = samples(ofFeatures: 76, batch: 1000)
    func line(_ name: String, _ kind: SampleStream.Kind) throws -> GrowthCurve.Line {
      GrowthCurve.Line(
        name: name,
        points: try [10, 14, 17, 20, 22, 24].map { bits in
          let plan = StreamPlan(
            name: "2^\(bits)", kind: kind, features: 1 << bits, featuresPerRow: 76, rows: rows)
          let arrays = ArrayMessages(.sparse, SampleStream(plan, rows: rows), batch: 1000)
          return try point(
            1 << bits, PathMessages(arrays), place: "model-\(name)-\(bits)",
            ["--features-space", "indexed", "--features-width", "\(1 << bits)", "--journal-sync", "off"],
            // A round has as large a share of the publications as the stream has.
            passes: 1 << max(0, bits - 20))
        })
    }
    return GrowthCurve(
      name: "model", title: "Samples a second, by weights in the model",
      axis: "weights (76 features a sample, CSR, 1,000 samples a message, no journal)",
      lines: [try line("Zipf", .zipf), try line("all alike", .uniform)])
  }

  private func samplesPerMessage() throws -> GrowthCurve {
    let sizes = [1, 4, 16, 64, 256, 1024]
    let rows = samples(ofFeatures: 16, batch: 1)
    let kind = ArrayMessages.Kind.dense16
    let stream = SampleStream(kind.plan, rows: rows)
    let messages = sizes.map { PathMessages(ArrayMessages(kind, stream, batch: $0)) }
    let files = try zip(sizes, messages).map { try write($0.1, "messages-\($0.0)") }
    return GrowthCurve(
      name: "messages", title: "Samples a second, by samples per message",
      axis: "samples a message (16 dense features)",
      lines: [
        GrowthCurve.Line(
          name: "whittled",
          points: try sizes.indices.map { try point(sizes[$0], messages[$0], place: "messages-\(sizes[$0])") }),
        GrowthCurve.Line(
          name: "a receiver that only counts",
          points: try sizes.indices.map { place in
            let receiver = try CountingReceiver(
              files[place], messages: messages[place].messages.count, directory: directory)
            defer { receiver.stop() }
            return try measured(sizes[place], messages[place].samples) { try receiver.seconds(passes: 1) }
          }),
      ])
  }

  private func publishers() throws -> GrowthCurve {
    let kind = ArrayMessages.Kind.dense16
    let messages = PathMessages(
      ArrayMessages(kind, SampleStream(kind.plan, rows: samples(ofFeatures: 16, batch: 1)), batch: 1))
    return GrowthCurve(
      name: "publishers", title: "Samples a second, by connections that send",
      axis: "connections (one sample a message)",
      lines: [
        GrowthCurve.Line(
          name: "whittled",
          points: try [1, 4, 16, 64, 256].map {
            try point($0, messages, place: "publishers-\($0)", connections: $0)
          })
      ])
  }

  private func subscribers() throws -> GrowthCurve {
    let kind = ArrayMessages.Kind.sparse
    let rows = samples(ofFeatures: 76, batch: 100)
    let messages = PathMessages(ArrayMessages(kind, SampleStream(kind.plan, rows: rows), batch: 100))
    return GrowthCurve(
      name: "subscribers", title: "Samples a second, by subscribers",
      axis: "subscribers to everything, on the same machine (76 features a sample)",
      lines: [
        GrowthCurve.Line(
          name: "whittled",
          points: try [1, 4, 16, 64, 256, 1024].map {
            try point($0, messages, place: "subscribers-\($0)", subscribers: $0)
          })
      ])
  }

  /// One daemon, fed all messages so many times a round.
  private func point(
    _ x: Int, _ messages: PathMessages, place: String, _ flags: [String] = [], connections: Int = 1,
    subscribers: Int = 0, passes: Int = 1
  ) throws -> GrowthCurve.Point {
    note(place)
    let daemon = try PushedDaemon(
      flags, try write(messages, place), samples: messages.samples, connections: connections,
      directory: "\(directory)/\(place)")
    defer {
      daemon.stop()
      // Large models leave large files.
      try? FileManager.default.removeItem(atPath: "\(directory)/\(place)")
    }
    let crowd =
      subscribers == 0
      ? nil
      : try SubscriberCrowd(subscribers, stalled: 0, endpoint: try daemon.daemon.endpoint("publish.bind"))
    defer { crowd?.stop() }
    return try measured(x, messages.samples * passes) { try daemon.seconds(passes: passes) }
  }

  private func measured(_ x: Int, _ samples: Int, _ body: () throws -> Seconds) throws -> GrowthCurve.Point {
    // The first round is not counted.
    _ = try body()
    return GrowthCurve.Point(x: x, try (0..<rounds).map { _ in Double(samples) / (try body().wall) })
  }

  private func samples(ofFeatures count: Int, batch: Int) -> Int {
    // Nothing takes longer for want of features than messages do.
    let most = batch == 1 ? features / 16 : features
    return max(batch, min(most, features / count)) / batch * batch
  }

  private func dense(_ features: Int, rows: Int) -> SampleStream {
    SampleStream(
      StreamPlan(name: "dense\(features)", kind: .dense, features: features, featuresPerRow: features, rows: rows),
      rows: rows)
  }

  private func write(_ messages: PathMessages, _ name: String) throws -> String {
    let file = "\(directory)/\(name).messages"
    try MessageFile.write(messages.messages, to: file)
    return file
  }
}
