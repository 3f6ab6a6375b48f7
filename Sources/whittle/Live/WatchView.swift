internal import WhittleClient
internal import WhittleProtocol

/// The picture that `watch` shows: what was published last.
struct WatchView {
  private let endpoint: String
  private var stats: Stats?
  private var coefficients: Coefficients?
  private var event: Event?
  /// The last one that says why the model diverges.
  private var divergence: Event?
  private let count: Int?
  private var received = 0
  private var silence = Silence()

  /// - Parameter count: complete after so many publications; nil goes on.
  init(endpoint: String, count: Int? = nil) {
    self.endpoint = endpoint
    self.count = count
  }

  mutating func update(_ publication: Publication) {
    switch publication.content {
    case .stats(let stats): self.stats = stats
    case .coefficients(let coefficients): self.coefficients = coefficients
    case .event(let event):
      self.event = event
      if event.kind == .divergenceBegan { divergence = event }
    }
  }

  /// One line of news for where nothing can be redrawn; none for coefficients.
  static func line(_ publication: Publication) -> String? {
    let missed = publication.missedBefore > 0 ? "  (\(Format.count(publication.missedBefore)) missed before)" : ""
    switch publication.content {
    case .stats(let stats): return line(stats) + missed
    case .event(let event):
      return "step \(Format.count(event.step))  \(Format.name(event.kind.rawValue)): \(Format.name(event.message))"
        + missed
    case .coefficients: return nil
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

  /// The picture, at most `rows` lines that take at most `columns` each.
  ///
  /// - Parameter silence: what to say where nothing has come for long.
  func picture(
    columns: Int, rows: Int, style: Style = .plain, glyphs: Glyphs = .unicode, silence: String? = nil
  ) -> [String] {
    var lines = head(columns: columns, style: style, silence: silence)
    if let coefficients, !coefficients.names.isEmpty, rows > lines.count + 1 {
      lines.append("")
      lines += bars(coefficients, count: rows - lines.count, columns: columns, style: style, glyphs: glyphs)
    }
    return Array(lines.prefix(max(rows, 0)))
  }

  private func head(columns: Int, style: Style, silence: String?) -> [String] {
    func cut(_ text: String) -> String { DisplayWidth.cut(text, to: columns) }
    guard let stats else { return [cut("\(Format.name(endpoint))  waiting for stats")] }
    let status = DaemonStatus.line(stats, event: divergence, silence: silence)
    let news = event.map { event in
      let words = "\(Format.name(event.kind.rawValue)): \(Format.name(event.message))"
      return style.dim(cut("event    step \(Format.count(event.step)) \(words)"))
    }
    return [
      style.dim(cut("\(Format.name(endpoint))  up \(Format.duration(seconds: stats.uptimeSeconds))")),
      status.isGood ? style.green(cut(status.text)) : style.red(cut(status.text)),
      cut("step     \(Format.count(stats.step))   \(Format.rate(stats.samplesPerSecond))"),
      cut(
        "loss     \(Format.number(stats.loss.overall)) overall   \(Format.number(stats.loss.recent)) recent"),
      cut(
        "active   \(Format.count(stats.activeSet)) of \(Format.count(stats.features))   "
          + "sparsity \(Format.percent(stats.sparsity))"),
    ] + (news.map { [$0] } ?? [])
  }

  /// Name, value, and a bar.
  private func bars(
    _ coefficients: Coefficients, count: Int, columns: Int, style: Style, glyphs: Glyphs
  ) -> [String] {
    let heaviest = CoefficientTable.sortedByMagnitude(names: coefficients.names, values: coefficients.values)
      .prefix(max(count, 0))
    let names = heaviest.map { Format.name($0.name) }
    let values = heaviest.map { Format.number(Double($0.value), digits: 4) }
    let nameWidth = min(names.map(DisplayWidth.of).max() ?? 0, max(columns / 3, 1))
    let valueWidth = values.map(\.count).max() ?? 0
    let bar = CoefficientBar(
      half: min((columns - nameWidth - valueWidth - 5) / 2, 40), values: heaviest.map { Double($0.value) },
      glyphs: glyphs, style: style)
    return heaviest.indices.map { row in
      let name = DisplayWidth.padded(DisplayWidth.fitted(names[row], to: nameWidth, glyphs: glyphs), to: nameWidth)
      let text = name + "  " + DisplayWidth.padded(values[row], to: valueWidth, .right)
      return bar.half >= 3 ? text + "  " + bar.text(Double(heaviest[row].value)) : DisplayWidth.cut(text, to: columns)
    }
  }
}

extension WatchView: LivePicture {
  /// Seconds between two drawings at least.
  static let tick = 0.2

  var isComplete: Bool { count.map { received >= $0 } ?? false }

  mutating func take(_ news: PublicationFeed.News, at now: Double) -> Bool {
    guard case .publication(let publication) = news, !isComplete else { return false }
    let isFirst = received == 0
    received += 1
    update(publication)
    silence.end(at: now)
    return isFirst || isComplete
  }

  /// Nothing but what came is shown.
  mutating func tick(at now: Double) {}

  mutating func press(_ key: KeyReader.Key) -> Bool { key != .character("q") && key != .character("Q") }

  mutating func lines(columns: Int, rows: Int, style: Style, glyphs: Glyphs, at now: Double) -> [String] {
    picture(columns: columns, rows: rows, style: style, glyphs: glyphs, silence: silence.notice(at: now))
  }
}
