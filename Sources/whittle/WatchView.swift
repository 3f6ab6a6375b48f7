internal import WhittleClient
internal import WhittleProtocol

/// The picture that `watch` shows: what was published last.
struct WatchView {
  private let endpoint: String
  private var stats: Stats?
  private var coefficients: Coefficients?
  private var event: Event?

  init(endpoint: String) {
    self.endpoint = endpoint
  }

  mutating func update(_ publication: Publication) {
    switch publication {
    case .stats(let stats): self.stats = stats
    case .coefficients(let coefficients): self.coefficients = coefficients
    case .event(let event): self.event = event
    }
  }

  /// One line of news for where nothing can be redrawn; none for coefficients.
  static func line(_ publication: Publication) -> String? {
    switch publication {
    case .stats(let stats): line(stats)
    case .event(let event):
      "step \(Format.count(event.step))  \(Format.name(event.kind.rawValue)): \(Format.name(event.message))"
    case .coefficients: nil
    }
  }

  private static func line(_ stats: Stats) -> String {
    var line =
      "step \(Format.count(stats.step))  \(Format.rate(stats.samplesPerSecond))  "
      + "loss \(Format.number(stats.loss.overall)) recent \(Format.number(stats.loss.recent))  "
      + "active \(Format.count(stats.activeSet)) of \(Format.count(stats.features))  "
      + "sparsity \(Format.percent(stats.sparsity))"
    if stats.diverging { line += "  diverging" }
    if stats.health != .ok { line += "  \(stats.health.rawValue): \(Format.name(stats.problem ?? "?"))" }
    return line
  }

  /// The picture, at most `rows` lines that show at most `columns` characters each.
  func lines(columns: Int, rows: Int, style: Style = .plain) -> [String] {
    var lines = head(columns: columns, style: style)
    if let coefficients, !coefficients.names.isEmpty, rows > lines.count + 1 {
      lines.append("")
      lines += bars(coefficients, count: rows - lines.count, columns: columns, style: style)
    }
    return Array(lines.prefix(max(rows, 0)))
  }

  private func head(columns: Int, style: Style) -> [String] {
    func cut(_ text: String) -> String { String(text.prefix(max(columns, 0))) }
    guard let stats else { return [cut("\(endpoint)  waiting for stats")] }
    let isOK = stats.health == .ok
    let health = cut(
      isOK ? "ok" : "\(stats.health.rawValue): \(Format.name(stats.problem ?? "no reason given"))")
    var lines = [
      style.dim(cut("\(endpoint)  up \(Format.duration(seconds: stats.uptimeSeconds))")),
      isOK ? style.green(health) : style.red(health),
      cut("step     \(Format.count(stats.step))   \(Format.rate(stats.samplesPerSecond))"),
      cut(
        "loss     \(Format.number(stats.loss.overall)) overall   \(Format.number(stats.loss.recent)) recent"),
      cut(
        "active   \(Format.count(stats.activeSet)) of \(Format.count(stats.features))   "
          + "sparsity \(Format.percent(stats.sparsity))"),
    ]
    if stats.diverging {
      let reason = event?.kind == .divergenceBegan ? event?.message : nil
      lines.append(style.red(cut("diverging: \(Format.name(reason ?? "the loss has exploded"))")))
    }
    return lines
  }

  /// Name, value, and a bar from the middle: to the left for what is negative, to the right for what is positive.
  private func bars(_ coefficients: Coefficients, count: Int, columns: Int, style: Style) -> [String] {
    let heaviest = CoefficientTable.sortedByMagnitude(names: coefficients.names, values: coefficients.values)
      .prefix(max(count, 0))
    let names = heaviest.map { Format.name($0.name) }
    let values = heaviest.map { Format.number(Double($0.value), digits: 4) }
    let nameWidth = min(names.map(\.count).max() ?? 0, max(columns / 3, 1))
    let valueWidth = values.map(\.count).max() ?? 0
    let half = min((columns - nameWidth - valueWidth - 5) / 2, 40)
    let largest = heaviest.map(\.value.magnitude).filter(\.isFinite).max() ?? 0
    return heaviest.indices.map { row in
      let name = String(names[row].prefix(nameWidth))
      let text =
        name + String(repeating: " ", count: nameWidth - name.count) + "  "
        + String(repeating: " ", count: valueWidth - values[row].count) + values[row]
      guard half >= 3 else { return String(text.prefix(max(columns, 0))) }
      let value = heaviest[row].value
      let share = largest > 0 && value.isFinite ? Double(value.magnitude / largest) : 0
      let length = Int((Double(half) * share).rounded())
      let bar = String(repeating: "█", count: length)
      let space = String(repeating: " ", count: half - length)
      let blank = String(repeating: " ", count: half)
      return text + "  " + (value < 0 ? space + style.red(bar) + "│" : blank + "│" + style.green(bar))
    }
  }
}
