/// The picture that `top` shows, and what keys do to it.
struct TopView: LivePicture {
  enum Order {
    case weight, change
  }

  let endpoint: String
  /// Seconds between two ticks.
  let every: Double
  private var live = TopHistory()
  /// What is shown while the picture is paused.
  private var frozen: TopHistory?
  private var silence = Silence()
  private var order = Order.weight
  private var isHelpShown = false
  /// How many rows are above the first that is shown.
  private var offset = 0
  private var page = 1

  var isComplete: Bool { false }

  init(endpoint: String, every: Double) {
    self.endpoint = endpoint
    self.every = every
  }

  mutating func take(_ news: PublicationFeed.News, at now: Double) -> Bool {
    switch news {
    case .interval(let interval):
      silence.expect(every: interval)
      return false
    case .failed: return false
    case .publication(let publication):
      let isBack = silence.notice(at: now) != nil
      silence.end(at: now)
      let isFirst = live.stats == nil || live.rows.isEmpty
      live.take(publication)
      if isFirst || isBack { live.refresh() }
      return isFirst || isBack
    }
  }

  mutating func tick(at now: Double) {
    guard live.stats != nil else { return }
    live.tick(isKnown: silence.notice(at: now) == nil)
  }

  mutating func press(_ key: KeyReader.Key) -> Bool {
    switch key {
    case .character("q"), .character("Q"): return false
    case .character(" "): frozen = frozen == nil ? live : nil
    case .character("s"): order = order == .weight ? .change : .weight
    case .character("?"), .character("h"): isHelpShown.toggle()
    case .up, .character("k"): offset -= 1
    case .down, .character("j"): offset += 1
    case .pageUp: offset -= page
    case .pageDown: offset += page
    case .home, .character("g"): offset = 0
    case .end, .character("G"): offset = .max / 2
    case .character: break
    }
    return true
  }

  mutating func lines(columns: Int, rows: Int, style: Style, glyphs: Glyphs, at now: Double) -> [String] {
    let shown = frozen ?? live
    let paper = TopPaper(columns: columns, endpoint: endpoint, every: every, style: style, glyphs: glyphs)
    guard let stats = shown.stats else {
      return Array(
        [paper.header(nil), paper.plain("no word yet, waiting"), paper.plain("q quit")].prefix(max(rows, 0)))
    }
    let silence = silence.notice(at: now)
    var lines = [paper.header(stats), paper.status(stats, shown.divergence, silence: silence, isPaused: frozen != nil)]
    lines += paper.numbers(stats, shown)
    if let event = shown.event, rows >= 16 { lines.append(paper.event(event)) }

    let hasFooter = rows >= 8
    let space = rows - lines.count - (hasFooter ? 1 : 0)
    var body: [String] = []
    if isHelpShown {
      body = paper.help
    } else if space > 0 {
      let sorted = ordered(shown.rows)
      let hasTitle = space >= 3
      page = max(space - (hasTitle ? 2 : 0), 1)
      offset = min(max(offset, 0), max(sorted.count - page, 0))
      body = paper.table(Array(sorted.dropFirst(offset).prefix(page)), of: shown, hasTitle: hasTitle)
    }
    lines += body.prefix(max(space, 0))
    lines = Array(lines.prefix(max(rows, 0)))
    if hasFooter {
      lines += Array(repeating: "", count: rows - 1 - lines.count)
      lines.append(paper.footer(from: offset, shown: page, of: shown.rows.count, order: order))
    }
    return lines
  }

  private func ordered(_ rows: [TopHistory.Row]) -> [TopHistory.Row] {
    guard order == .change else { return rows }
    return rows.enumerated()
      .sorted { ($1.element.change.magnitude, $0.offset) < ($0.element.change.magnitude, $1.offset) }
      .map(\.element)
  }
}
