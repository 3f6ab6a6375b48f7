/// A row of the table.
struct Result: Encodable {
  enum Unit: String, Encodable {
    case featuresPerSecond = "features/s"
    case samplesPerSecond = "samples/s"
    case bytesPerSecond = "bytes/s"
    case bytes
    case seconds
    /// The processor's seconds that a million samples take.
    case processorSecondsPerMillion = "cpu s/M samples"
    /// Of one processor.
    case share
  }

  /// What a ratio, or a figure that is compared to none, has to reach.
  enum Bar {
    case atLeast(Double)
    case atMost(Double)

    func isMet(by figure: Double) -> Bool {
      switch self {
      case .atLeast(let limit): figure >= limit
      case .atMost(let limit): figure <= limit
      }
    }
  }

  /// The other figure, and how both compare.
  struct Comparison {
    /// Whose figure it is.
    let reference: String
    let figure: Double
    /// One a round. Against a peer, how many times as fast ours is; against ourselves, how many times the cost is.
    let ratios: [Double]
  }

  let name: String
  let unit: Unit
  let figure: Double
  let comparison: Comparison?
  let bar: Bar?

  /// The median of the rounds' ratios.
  var ratio: Double? { comparison.map { median($0.ratios) } }

  var verdict: String? {
    bar.map { $0.isMet(by: ratio ?? figure) ? "pass" : "short" }
  }

  /// The same by another name.
  func named(_ name: String) -> Result {
    Result(name: name, unit: unit, figure: figure, comparison: comparison, bar: bar)
  }

  enum CodingKeys: String, CodingKey {
    case name, unit, figure, reference, ratio, lowest, highest, verdict
    case referenceFigure = "reference_figure"
    case atLeast = "at_least"
    case atMost = "at_most"
  }

  func encode(to encoder: any Encoder) throws {
    var row = encoder.container(keyedBy: CodingKeys.self)
    try row.encode(name, forKey: .name)
    try row.encode(unit, forKey: .unit)
    try row.encode(figure, forKey: .figure)
    try row.encodeIfPresent(comparison?.reference, forKey: .reference)
    try row.encodeIfPresent(comparison?.figure, forKey: .referenceFigure)
    try row.encodeIfPresent(ratio, forKey: .ratio)
    try row.encodeIfPresent(comparison?.ratios.min(), forKey: .lowest)
    try row.encodeIfPresent(comparison?.ratios.max(), forKey: .highest)
    switch bar {
    case .atLeast(let limit): try row.encode(limit, forKey: .atLeast)
    case .atMost(let limit): try row.encode(limit, forKey: .atMost)
    case nil: break
    }
    try row.encodeIfPresent(verdict, forKey: .verdict)
  }
}
