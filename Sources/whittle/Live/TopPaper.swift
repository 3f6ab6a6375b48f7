internal import WhittleProtocol

/// The parts of `top`'s picture, each as lines of at most `columns`.
///
/// Sparklines stand in the last columns, so that one column is the same time in all of them.
struct TopPaper {
  let columns: Int
  let endpoint: String
  let every: Double
  let style: Style
  let glyphs: Glyphs

  /// Columns of a sparkline; 0 where there is no room for any.
  private var sparkWidth: Int { columns < 60 ? 0 : min(columns / 4, TopHistory.window) }

  /// The text, cut where it is too long.
  func plain(_ text: String) -> String { DisplayWidth.fitted(text, to: columns, glyphs: glyphs) }

  func header(_ stats: Stats?) -> String {
    guard let stats else { return style.bold(plain("whittle top  \(Format.name(endpoint))")) }
    let step = "step \(Format.count(stats.step))"
    let up = "up \(Format.duration(seconds: stats.uptimeSeconds))"
    // The most that there is room for; the step in any case.
    let words = [
      ["whittle top", Format.name(endpoint), up, step], [Format.name(endpoint), up, step], [up, step], [step],
    ]
    .map { $0.joined(separator: "   ") }
    return style.bold(plain(words.first { DisplayWidth.of($0) <= columns } ?? step))
  }

  func status(_ stats: Stats, _ event: Event?, silence: String?, isPaused: Bool) -> String {
    let line = DaemonStatus.line(stats, event: event, silence: silence)
    let text = plain(isPaused ? "paused   " + line.text : line.text)
    return line.isGood ? isPaused ? style.bold(text) : style.green(text) : style.red(text)
  }

  /// Loss, rate, and how sparse the model is, with their recent past.
  func numbers(_ stats: Stats, _ history: TopHistory) -> [String] {
    func number(_ value: Double?) -> String { Format.number(value, digits: 5) }
    return [
      beside(
        "loss      \(number(stats.loss.recent)) recent   \(number(stats.loss.overall)) overall", history.loss),
      beside("rate      \(Format.rate(stats.samplesPerSecond))", history.rate),
      beside(
        "active    \(Format.count(stats.activeSet)) of \(Format.count(stats.features))   "
          + "sparsity \(Format.percent(stats.sparsity))", history.activeSet),
    ]
  }

  func event(_ event: Event) -> String {
    style.dim(
      plain(
        "event     step \(Format.count(event.step)) \(Format.name(event.kind.rawValue)): \(Format.name(event.message))")
    )
  }

  /// Name, coefficient, and, as there is room, its change, a bar and a sparkline.
  func table(_ rows: [TopHistory.Row], of history: TopHistory, hasTitle: Bool) -> [String] {
    if rows.isEmpty { return hasTitle ? ["", plain("no coefficient is different from zero")] : [] }
    let values = rows.map { Format.number($0.value, digits: 4) }
    let changes = rows.map { change($0.change) }
    // Wide enough for every number with so many digits, so that nothing moves sideways.
    let valueWidth = min(11, max(columns / 2, 1))
    let changeWidth = columns < 60 ? 0 : 10
    let names = rows.map { Format.name($0.name) }
    let nameLimit = max(columns < 60 ? columns - valueWidth - 2 : columns / 5, 1)
    let nameWidth = min(max(names.map(DisplayWidth.of).max() ?? 0, 4), nameLimit)
    let fixed = nameWidth + 2 + valueWidth + (changeWidth > 0 ? changeWidth + 2 : 0)
    let free = columns - fixed - (sparkWidth > 0 ? sparkWidth + 2 : 0) - 2
    let bar = CoefficientBar(half: min((free - 1) / 2, 40), values: rows.map(\.value), glyphs: glyphs, style: style)
    func row(_ name: String, _ value: String, _ change: String) -> String {
      var text = DisplayWidth.padded(DisplayWidth.fitted(name, to: nameWidth, glyphs: glyphs), to: nameWidth)
      text += "  " + DisplayWidth.padded(DisplayWidth.cut(value, to: valueWidth), to: valueWidth, .right)
      if changeWidth > 0 { text += "  " + DisplayWidth.padded(change, to: changeWidth, .right) }
      return text
    }
    var lines: [String] = []
    if hasTitle {
      let title = row("NAME", "COEFFICIENT", "CHANGE")
      lines = ["", style.bold(sparkWidth > 0 ? atEnd(title, DisplayWidth.of(title), past) : plain(title))]
    }
    for (index, one) in rows.enumerated() {
      var text = row(names[index], values[index], changes[index])
      var width = DisplayWidth.of(text)
      if bar.half >= 3 {
        text += "  " + bar.text(one.value)
        width += 2 + bar.width
      }
      lines.append(
        sparkWidth > 0
          ? atEnd(text, width, spark(history.trace(one.name)))
          : width > columns ? DisplayWidth.cut(text, to: columns) : text)
    }
    return lines
  }

  func footer(from offset: Int, shown: Int, of count: Int, order: TopView.Order) -> String {
    let place = count == 0 ? "0 of 0" : "\(offset + 1)-\(min(offset + shown, count)) of \(count)"
    let words = order == .weight ? "heaviest first" : "most changed first"
    return style.dim(plain("\(place), \(words)   q quit  space pause  s sort  arrows scroll  ? help"))
  }

  var help: [String] {
    [
      "", "q quit   space pause   s sort by weight or by change   ? this help",
      "arrows, page up, page down, home, end scroll   Ctrl-L draw anew   Ctrl-Z suspend", "",
      "CHANGE is the coefficient's change over at most the last \(seconds(every * Double(TopHistory.window))).",
      "Sparklines show \(past.lowercased()), each on a scale of its own from zero to its largest;",
      "with a negative number in it, zero is in the middle. A thin line is exactly zero.",
    ].map(plain)
  }

  private func change(_ change: Double) -> String {
    change == 0 ? "0" : (change > 0 ? "+" : "") + Format.number(change, digits: 3)
  }

  /// What the sparklines span.
  private var past: String { "LAST \(seconds(every * Double(sparkWidth)))" }

  private func seconds(_ seconds: Double) -> String {
    seconds < 60 ? "\(Format.number(seconds, digits: 3)) s" : Format.duration(seconds: seconds)
  }

  private func spark(_ trace: TopHistory.Trace) -> String {
    DisplayWidth.padded(
      Sparkline.line(trace.last(sparkWidth), width: sparkWidth, glyphs: glyphs), to: sparkWidth, .right)
  }

  private func beside(_ text: String, _ trace: TopHistory.Trace) -> String {
    guard sparkWidth > 0 else { return plain(text) }
    let cut = DisplayWidth.fitted(text, to: columns - sparkWidth - 2, glyphs: glyphs)
    return atEnd(cut, DisplayWidth.of(cut), spark(trace))
  }

  /// The text, which takes `width`, and in the last columns what belongs there.
  private func atEnd(_ text: String, _ width: Int, _ end: String) -> String {
    let end = DisplayWidth.padded(end, to: sparkWidth)
    return text + String(repeating: " ", count: max(columns - width - sparkWidth, 0)) + end
  }
}
