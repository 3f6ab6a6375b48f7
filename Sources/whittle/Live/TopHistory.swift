internal import WhittleClient
internal import WhittleProtocol

/// What `top` remembers: what came last, and once a tick what was current.
struct TopHistory {
  struct Row: Equatable {
    var name: String
    var value: Double
    /// To the value `TopHistory.window` ticks ago, or since the feature was first seen.
    var change: Double
  }

  /// So many of the heaviest coefficients are followed.
  static let rowLimit = 256
  /// So many ticks are kept.
  static let window = 60

  private(set) var stats: Stats?
  private(set) var event: Event?
  /// The last one that says why the model diverges.
  private(set) var divergence: Event?
  /// The heaviest first, as of the last tick.
  private(set) var rows: [Row] = []
  private(set) var loss = Trace()
  private(set) var rate = Trace()
  private(set) var activeSet = Trace()
  private var coefficients: Coefficients?
  private var traces: [String: Trace] = [:]

  /// Values of the last ticks, the newest last; nil where nothing was known.
  struct Trace: Equatable {
    private(set) var values: [Double?] = []

    mutating func append(_ value: Double?) {
      values.append(value)
      if values.count > TopHistory.window { values.removeFirst() }
    }

    /// The last `count`.
    func last(_ count: Int) -> [Double?] { Array(values.suffix(count)) }
  }

  mutating func take(_ publication: Publication) {
    switch publication.content {
    case .stats(let stats): self.stats = stats
    case .event(let event):
      self.event = event
      if event.kind == .divergenceBegan { divergence = event }
    case .coefficients(let coefficients): self.coefficients = coefficients
    }
  }

  /// The past of a feature that is among the rows.
  func trace(_ name: String) -> Trace { traces[name] ?? Trace() }

  /// A tick is over.
  ///
  /// - Parameter isKnown: whether what came last can be taken for what is; else the traces have gaps.
  /// - Complexity: O(n log n) in the coefficients
  mutating func tick(isKnown: Bool) {
    loss.append(isKnown ? stats?.loss.recent ?? stats?.loss.overall : nil)
    rate.append(isKnown ? stats?.samplesPerSecond : nil)
    activeSet.append(isKnown ? (stats?.activeSet).map(Double.init) : nil)
    let heaviest = heaviest()
    let values = Dictionary(heaviest.map { ($0.name, Double($0.value)) }) { first, _ in first }
    // Where all that is not zero is followed, what is missing is zero.
    let missing: Double? = (coefficients?.names.count ?? 0) <= TopHistory.rowLimit ? 0 : nil
    for name in Array(traces.keys) where values[name] == nil {
      traces[name]?.append(isKnown ? missing : nil)
      if traces[name]?.values.allSatisfy({ ($0 ?? 0) == 0 }) == true { traces[name] = nil }
    }
    for (name, value) in values { traces[name, default: Trace()].append(isKnown ? value : nil) }
    setRows(heaviest)
  }

  /// Shows what came last before the tick is over.
  mutating func refresh() { setRows(heaviest()) }

  private func heaviest() -> ArraySlice<(name: String, value: Float)> {
    CoefficientTable.sortedByMagnitude(names: coefficients?.names ?? [], values: coefficients?.values ?? [])
      .prefix(TopHistory.rowLimit)
  }

  private mutating func setRows(_ heaviest: ArraySlice<(name: String, value: Float)>) {
    rows = heaviest.map { name, value in
      let first = traces[name]?.values.lazy.compactMap(\.self).first
      return Row(name: name, value: Double(value), change: Double(value) - (first ?? Double(value)))
    }
  }
}
