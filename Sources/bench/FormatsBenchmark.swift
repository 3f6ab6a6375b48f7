internal import Foundation

/// All that `bench formats` measures.
struct FormatsBenchmark {
  /// Samples of every format.
  let rows: Int
  /// Samples in a message.
  let batch: Int
  let rounds: Int
  /// What a row's name has to contain; nil for all.
  let only: String?
  /// The peers' interpreter; nil for the project's own.
  let python: String?

  /// How many times as fast as Vowpal Wabbit.
  private static let learnBar = 3.0
  /// How many times as fast as Vowpal Wabbit, whose two threads count as two.
  private static let processorBar = 4.0
  /// Bytes of JSON per second.
  private static let jsonBar = 500e6

  func results() throws -> [Result] {
    var results: [Result] = []
    var stream: SampleStream?
    var readers: FormatReaders?
    defer { readers?.stop() }
    for kind in FormatText.Kind.allCases {
      let decodes = Measure.decoding.contains { isWanted(kind, $0) }
      let learns = Measure.learning.contains { isWanted(kind, $0) }
      if !decodes && !learns { continue }
      note("making the \(kind.rawValue) text")
      let samples = stream ?? SampleStream(.sparse, rows: rows)
      stream = samples
      let text = FormatText(kind, samples, batch: batch)
      let running = try readers ?? FormatReaders(python: python)
      readers = running
      try running.load(text)
      if decodes { results += try decoding(text, running) }
      if learns { results += try learning(text, running) }
    }
    return results.filter { only.map($0.name.contains) ?? true }
  }

  private enum Measure: String {
    case decode
    case decodeBytes = "decode bytes"
    case learn
    case learnProcessor = "learn cpu"

    static let decoding: [Measure] = [.decode, .decodeBytes]
    static let learning: [Measure] = [.learn, .learnProcessor]
  }

  private func decoding(_ text: FormatText, _ readers: FormatReaders) throws -> [Result] {
    note(name(text.kind, .decode))
    let ours = try TimedDecoder(text, learns: false)
    let peers = text.kind.decodingPeers
    let measured = try Rounds(
      rounds, [{ try ours.seconds() }] + peers.map { peer in { try readers.seconds(peer) } })
    func result(_ name: String, _ comparison: Result.Comparison?) -> Result {
      Result(
        name: name, unit: .samplesPerSecond, figure: Double(text.samples) / measured.median(0),
        comparison: comparison, bar: nil)
    }
    var results = [result(name(text.kind, .decode), nil)]
    if !peers.isEmpty {
      results = peers.enumerated().map { index, peer in
        result(
          "\(name(text.kind, .decode)) beside \(peer.rawValue)",
          Result.Comparison(
            reference: peer.rawValue, figure: Double(text.samples) / measured.median(index + 1),
            ratios: measured.ratios(index + 1, over: 0)))
      }
    }
    results.append(
      Result(
        name: name(text.kind, .decodeBytes), unit: .bytesPerSecond,
        figure: Double(text.bytes) / measured.least(0),
        comparison: nil, bar: text.kind == .json ? .atLeast(FormatsBenchmark.jsonBar) : nil))
    return results
  }

  private func learning(_ text: FormatText, _ readers: FormatReaders) throws -> [Result] {
    note(name(text.kind, .learn))
    let ours = try TimedDecoder(text, learns: true)
    let peer = text.kind.learningPeer
    let measured = try Rounds(
      rounds, [{ try ours.seconds() }] + (peer.map { peer in [{ try readers.seconds(peer) }] } ?? []))
    func result(_ measure: Measure, _ clock: Rounds.Clock, bar: Double) -> Result {
      Result(
        name: name(text.kind, measure), unit: .samplesPerSecond,
        figure: Double(text.samples) / measured.median(0, clock),
        comparison: peer.map { peer in
          Result.Comparison(
            reference: peer.rawValue, figure: Double(text.samples) / measured.median(1, clock),
            ratios: measured.ratios(1, over: 0, clock))
        },
        bar: peer.map { _ in .atLeast(bar) })
    }
    return [
      result(.learn, .wall, bar: FormatsBenchmark.learnBar),
      result(.learnProcessor, .processor, bar: FormatsBenchmark.processorBar),
    ]
  }

  private func name(_ kind: FormatText.Kind, _ measure: Measure) -> String {
    "\(kind.rawValue) \(measure.rawValue)"
  }

  private func isWanted(_ kind: FormatText.Kind, _ measure: Measure) -> Bool {
    only.map { name(kind, measure).contains($0) } ?? true
  }
}

extension FormatText.Kind {
  /// Who reads the same text, and only reads it.
  fileprivate var decodingPeers: [FormatReaders.Reader] {
    switch self {
    case .vwWords, .vwNumbers: []
    case .svmlight: [.scikitLearn]
    case .json: [.orjson, .json]
    }
  }

  /// Who reads the same text and learns it.
  fileprivate var learningPeer: FormatReaders.Reader? {
    switch self {
    case .vwWords, .vwNumbers: .vowpalWabbit
    case .svmlight, .json: nil
    }
  }
}
