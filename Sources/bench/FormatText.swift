internal import OnlineLearning
internal import SampleFormats

/// The samples of a stream as messages in one format.
struct FormatText {
  enum Kind: String, CaseIterable {
    case vwWords = "vw words"
    case vwNumbers = "vw numbers"
    case svmlight
    case json

    var format: SampleDecoder.Format {
      switch self {
      case .vwWords, .vwNumbers: .vw
      case .svmlight: .svmlight
      case .json: .json
      }
    }
  }

  let kind: Kind
  let samples: Int
  let messages: [[UInt8]]

  /// Without what separates messages.
  var bytes: Int { messages.reduce(0) { $0 + $1.count } }
  /// All messages, a line each at least.
  var file: [UInt8] { Array(messages.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")] }

  /// - Parameter batch: samples in a message.
  init(_ kind: Kind, _ stream: SampleStream, batch: Int) {
    self.kind = kind
    samples = stream.rows
    let words = kind == .vwWords || kind == .json ? FormatText.words(for: stream) : []
    messages = stride(from: 0, to: stream.rows, by: batch).map { start in
      let rows = start..<min(start + batch, stream.rows)
      let lines = rows.map { row in
        let features = stream.batch.range(of: row).map { place in
          let feature = Int(stream.batch.features[place])
          return (words.isEmpty ? "\(feature + 1)" : words[feature], FormatText.decimal(stream.batch.values[place]))
        }
        return FormatText.line(kind, target: Int(stream.batch.targets[row]), features)
      }
      return Array((kind == .json ? "[\(lines.joined(separator: ","))]" : lines.joined(separator: "\n")).utf8)
    }
  }

  private static func line(_ kind: Kind, target: Int, _ features: [(name: String, value: String)]) -> String {
    switch kind {
    case .vwWords, .vwNumbers: "\(target) |" + features.map { " \($0.name):\($0.value)" }.joined()
    case .svmlight: "\(target)" + features.map { " \($0.name):\($0.value)" }.joined()
    case .json:
      #"{"y":\#(target),"x":{"# + features.map { #""\#($0.name)":\#($0.value)"# }.joined(separator: ",") + "}}"
    }
  }

  /// Four places, the last one not below 1 for the smallest.
  static func decimal(_ value: Float) -> String {
    let units = max(1, Int((abs(value) * 10_000).rounded()))
    let places = "\(units % 10_000)"
    return "\(value < 0 ? "-" : "")\(units / 10_000)." + String(repeating: "0", count: 4 - places.count) + places
  }

  /// A word a feature: pronounceable, of 4 to 9 letters, and the shorter the more frequent the feature is.
  private static func words(for stream: SampleStream) -> [String] {
    var frequencies = [Int](repeating: 0, count: stream.features)
    for feature in stream.batch.features { frequencies[Int(feature)] += 1 }
    let ranked = frequencies.indices.sorted { (frequencies[$0], $1) > (frequencies[$1], $0) }
    var words = [String](repeating: "", count: stream.features)
    for (rank, feature) in ranked.enumerated() { words[feature] = word(rank) }
    return words
  }

  private static let syllables = "bcdfghjklmnprstvwxyz".flatMap { consonant in "aeiou".map { "\(consonant)\($0)" } }
  private static let endings = ["", "s", "ed", "ing", "er"]

  /// Two syllables for the thousand most frequent, three for all others; multiplying by a prime mixes them.
  private static func word(_ rank: Int) -> String {
    let count = rank < 1000 ? 2 : 3
    var number = rank * 7919 % (count == 2 ? 10_000 : 1_000_000)
    var word = endings[rank * 7907 / 128 % endings.count]
    for _ in 0..<count {
      word = syllables[number % 100] + word
      number /= 100
    }
    return word
  }
}
