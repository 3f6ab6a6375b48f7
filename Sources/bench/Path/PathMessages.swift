internal import OnlineLearning

/// Messages that go the whole path, as frames.
struct PathMessages {
  let messages: [[[UInt8]]]
  /// In all messages.
  let samples: Int

  /// One sample of 16 Float32s a message, as arrays.
  static func dense(_ count: Int) -> PathMessages {
    arrays(.dense16, rows: count, batch: 1)
  }

  /// Many rows a message, as arrays.
  static func arrays(_ kind: ArrayMessages.Kind, rows: Int, batch: Int) -> PathMessages {
    PathMessages(ArrayMessages(kind, SampleStream(kind.plan, rows: rows), batch: batch))
  }

  init(_ arrays: ArrayMessages) {
    messages = arrays.messages.map { $0.map { Array($0) } }
    samples = arrays.samples
  }

  /// One sample of 16 features by position a message, as JSON.
  static func positions(_ count: Int) -> PathMessages {
    json(count, features: 16) { values in "[" + values.joined(separator: ",") + "]" }
  }

  /// One sample of 20 named features a message, as JSON.
  static func names(_ count: Int) -> PathMessages {
    let names = [
      "temperature", "humidity", "pressure", "wind_speed", "wind_direction", "rain", "snow", "cloud_cover",
      "visibility",
      "dew_point", "uv_index", "ozone", "pm10", "pm25", "no2", "so2", "co", "pollen", "soil_moisture", "daylight",
    ]
    return json(count, features: names.count) { values in
      "{" + zip(names, values).map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }
  }

  private static func json(_ count: Int, features: Int, _ object: ([String]) -> String) -> PathMessages {
    let plan = StreamPlan(
      name: "dense\(features)", kind: .dense, features: features, featuresPerRow: features, rows: count)
    let batch = SampleStream(plan, rows: count).batch
    let messages = (0..<count).map { row in
      let values = batch.range(of: row).map { FormatText.decimal(batch.values[$0]) }
      return [Array("{\"y\":\(Int(batch.targets[row])),\"x\":\(object(values))}".utf8)]
    }
    return PathMessages(messages: messages, samples: count)
  }

  /// Lines of 76 features, many a message, as Vowpal Wabbit text.
  init(_ text: FormatText) {
    messages = text.messages.map { [$0] }
    samples = text.samples
  }

  /// Vowpal Wabbit text that holds so many names, each once.
  static func vocabulary(_ count: Int) -> PathMessages {
    let (perLine, lines) = (64, 100)
    let texts = stride(from: 0, to: count, by: perLine).map { start in
      "1 |" + (start..<min(start + perLine, count)).map { " feature-\($0):0.5" }.joined()
    }
    let messages = stride(from: 0, to: texts.count, by: lines).map { start in
      [Array(texts[start..<min(start + lines, texts.count)].joined(separator: "\n").utf8)]
    }
    return PathMessages(messages: messages, samples: texts.count)
  }

  private init(messages: [[[UInt8]]], samples: Int) {
    self.messages = messages
    self.samples = samples
  }
}
