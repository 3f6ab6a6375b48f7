/// Text in Prometheus' exposition format, version 0.0.4: families of samples, each family with its help and its type.
struct MetricsText {
  enum Kind: String {
    case counter, gauge, histogram
  }

  typealias Labels = KeyValuePairs<String, String>

  private var text = ""

  var bytes: [UInt8] { Array(text.utf8) }

  /// A family of one sample; of none, where there is no value.
  mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Double?) {
    guard let value else { return }
    begin(kind, name, help)
    sample(name, [:], value)
  }

  mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: some BinaryInteger) {
    begin(kind, name, help)
    sample(name, [:], Double(value))
  }

  /// A family of samples that one label tells apart; those without a value are left out.
  mutating func add(
    _ kind: Kind, _ name: String, _ help: String, by label: String, _ values: [(of: String, value: Double?)]
  ) {
    let known = values.compactMap { entry in entry.value.map { (entry.of, $0) } }
    if known.isEmpty { return }
    begin(kind, name, help)
    for (of, value) in known { sample(name, [label: of], value) }
  }

  /// A family of samples that two labels tell apart.
  mutating func add(
    _ kind: Kind, _ name: String, _ help: String, by labels: (String, String),
    _ values: [(of: (String, String), value: Double)]
  ) {
    if values.isEmpty { return }
    begin(kind, name, help)
    for (of, value) in values { sample(name, [labels.0: of.0, labels.1: of.1], value) }
  }

  /// - Parameters:
  ///   - counts: how many values fell into each bucket.
  ///   - bounds: of the buckets; nil for the last.
  mutating func add(
    histogram name: String, _ help: String, _ counts: [UInt64], bounds: [Double?], sum: Double
  ) {
    begin(.histogram, name, help)
    var total: UInt64 = 0
    for (count, bound) in zip(counts, bounds) {
      total += count
      sample("\(name)_bucket", ["le": MetricsText.number(bound ?? .infinity)], Double(total))
    }
    sample("\(name)_sum", [:], sum)
    sample("\(name)_count", [:], Double(total))
  }

  private mutating func begin(_ kind: Kind, _ name: String, _ help: String) {
    text += "# HELP \(name) \(MetricsText.escaped(help))\n# TYPE \(name) \(kind.rawValue)\n"
  }

  private mutating func sample(_ name: String, _ labels: Labels, _ value: Double) {
    text += name
    if !labels.isEmpty {
      let pairs = labels.map { "\($0.key)=\"\(MetricsText.escaped($0.value).replacing("\"", with: "\\\""))\"" }
      text += "{\(pairs.joined(separator: ","))}"
    }
    text += " \(MetricsText.number(value))\n"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
  }

  /// The shortest text that is read as this number again; whole numbers without a point.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    // Up to here all of them are whole where they look so.
    if value.magnitude < 0x1p53, let whole = Int64(exactly: value) { return String(whole) }
    return "\(value)"
  }
}
