import TestSupport
import Testing
import WhittleClient
import WhittleProtocol

@testable import whittle

@Suite struct TopViewTests {
  private func coefficients(_ values: [(String, Float)], step: UInt64 = 12_000) -> PublicationFeed.News {
    .publication(
      Publication(
        .coefficients(
          Coefficients(
            step: step, intercept: 0, names: values.map(\.0), values: values.map(\.1), features: 9,
            activeSet: values.count))))
  }

  private var healthy: Stats {
    var stats = exampleStats
    stats.health = .ok
    stats.problem = nil
    return stats
  }

  /// Whether the view goes on after a key.
  private func press(_ view: inout TopView, _ key: Character) -> Bool { view.press(.character(key)) }

  private func take(_ view: inout TopView, _ news: PublicationFeed.News, at now: Double) -> Bool {
    view.take(news, at: now)
  }

  private func lines(
    _ view: inout TopView, columns: Int = 80, rows: Int = 24, at now: Double, glyphs: Glyphs = .unicode
  ) -> [String] {
    view.lines(columns: columns, rows: rows, style: .plain, glyphs: glyphs, at: now)
  }

  /// A view that has seen four seconds of a model.
  private func example() -> TopView {
    var view = TopView(endpoint: "tcp://x:1", every: 1)
    var stats = healthy
    stats.loss.recent = 4
    #expect(take(&view, .publication(Publication(.stats(stats))), at: 0))
    #expect(take(&view, coefficients([("sleep", 2), ("価格", -1), ("hw", 0.25)]), at: 0))
    for second in 1...4 {
      stats.loss.recent = 4 - Double(second)
      stats.step += 1
      _ = view.take(.publication(Publication(.stats(stats))), at: Double(second))
      _ = view.take(coefficients([("sleep", 2), ("価格", -1 + Float(second) * 0.5), ("hw", 0.25)]), at: Double(second))
      view.tick(at: Double(second))
    }
    return view
  }

  @Test func theWholePicture() {
    var view = example()
    #expect(
      lines(&view, rows: 12, at: 4.5) == [
        "whittle top   tcp://x:1   up 1 min 1 s   step 12,004",
        "ok",
        "loss      0 recent   0.5 overall                                            █▅▃_",
        "rate      1,000/s                                                           ████",
        "active    3 of 9   sparsity 66.7 %                                          ████",
        "",
        "NAME   COEFFICIENT      CHANGE                              LAST 20 s           ",
        "sleep            2           0              │████████████                   ████",
        "価格             1        +1.5              │██████                         ▂─▆▇",
        "hw            0.25           0              │██                             ████",
        "",
        "1-3 of 3, heaviest first   q quit  space pause  s sort  arrows scroll  ? help",
      ])
  }

  @Test func fitsEveryTerminal() {
    var random = SeededGenerator(seed: 1)
    let names = [
      "sleep", "価格のとても長い名前", "🎈", "o\u{308}", "a very long name of a feature that goes on", "\u{1B}[2J", "x",
    ]
    for columns in [1, 5, 10, 20, 40, 59, 60, 80, 132, 200, 400] {
      for rows in [1, 2, 5, 6, 8, 10, 24, 50] {
        var view = TopView(endpoint: "tcp://x:1", every: 1)
        var isAscii = false
        for step in 0..<4 {
          let shown = lines(&view, columns: columns, rows: rows, at: 0, glyphs: isAscii ? .ascii : .unicode)
          #expect(shown.count <= rows)
          #expect(shown.allSatisfy { DisplayWidth.of($0) <= columns }, "\(columns) by \(rows): \(shown)")
          #expect(!shown.joined().unicodeScalars.contains("\u{1B}"))
          if step == 0 { _ = view.take(.publication(Publication(.stats(exampleStats))), at: 0) }
          if step == 1 {
            let values = names.map { ($0, Float(random.uniform(-1..<1) * 1e-7)) }
            _ = view.take(coefficients(values), at: 0)
            view.tick(at: 1)
          }
          if step == 2 {
            _ = view.press(.character("?"))
            isAscii = true
          }
        }
      }
    }
  }

  @Test func smallestUsefulTerminal() {
    var view = example()
    #expect(
      lines(&view, columns: 20, rows: 5, at: 4.5) == [
        "step 12,004", "ok", "loss      0 recent …", "rate      1,000/s", "active    3 of 9   …",
      ])
    #expect(lines(&view, columns: 20, rows: 6, at: 4.5).last == "sleep           2")
  }

  @Test func aDaemonThatIsSilent() {
    var view = example()
    #expect(lines(&view, at: 6.9)[1] == "ok")
    #expect(lines(&view, at: 7)[1] == "no word for 3 s, waiting")
    view.tick(at: 8)
    // The last view stays, and the time of which nothing is known is a gap.
    #expect(lines(&view, at: 8)[3].hasSuffix("████ "))
    #expect(lines(&view, at: 8)[8].hasPrefix("価格             1 "))
    #expect(take(&view, .publication(Publication(.stats(healthy))), at: 65))
    #expect(lines(&view, at: 65)[1] == "ok")
    #expect(lines(&view, at: 65)[0].hasSuffix("step 12,000"))
    // Where the daemon publishes less often, silence is no news; where time is no reason to publish, it never is.
    _ = view.take(.interval(10), at: 65)
    #expect(lines(&view, at: 94)[1] == "ok")
    #expect(lines(&view, at: 95)[1] == "no word for 30 s, waiting")
    _ = view.take(.interval(nil), at: 65)
    #expect(lines(&view, at: 1e6)[1] == "ok")
  }

  @Test func keys() {
    var view = example()
    #expect(press(&view, "s"))
    #expect(lines(&view, at: 4)[7].hasPrefix("価格"))
    #expect(lines(&view, at: 4)[23].contains("most changed first"))
    #expect(press(&view, "s"))
    #expect(lines(&view, at: 4)[7].hasPrefix("sleep"))

    #expect(press(&view, " "))
    _ = view.take(coefficients([("new", 1)]), at: 5)
    view.tick(at: 5)
    #expect(lines(&view, at: 5)[1] == "paused   ok")
    #expect(lines(&view, at: 5)[7].hasPrefix("sleep"))
    #expect(press(&view, " "))
    #expect(lines(&view, at: 5)[7].hasPrefix("new"))

    #expect(press(&view, "?"))
    #expect(lines(&view, at: 5).contains { $0.hasPrefix("q quit") })
    #expect(press(&view, "x"))
    #expect(!press(&view, "q"))
  }

  @Test func scrolls() {
    var view = TopView(endpoint: "tcp://x:1", every: 1)
    _ = view.take(.publication(Publication(.stats(healthy))), at: 0)
    _ = view.take(coefficients((0..<30).map { ("f\($0)", Float(100 - $0)) }), at: 0)
    func first(_ key: KeyReader.Key?) -> (String, String) {
      if let key { _ = view.press(key) }
      let lines = lines(&view, rows: 18, at: 0)
      return (String(lines[7].prefix { $0 != " " }), String(lines[17].prefix { $0 != "," }))
    }
    #expect(first(nil) == ("f0", "1-10 of 30"))
    #expect(first(.up) == ("f0", "1-10 of 30"))
    #expect(first(.down) == ("f1", "2-11 of 30"))
    #expect(first(.pageDown) == ("f11", "12-21 of 30"))
    #expect(first(.end) == ("f20", "21-30 of 30"))
    #expect(first(.down) == ("f20", "21-30 of 30"))
    #expect(first(.up) == ("f19", "20-29 of 30"))
    #expect(first(.pageUp) == ("f9", "10-19 of 30"))
    #expect(first(.home) == ("f0", "1-10 of 30"))
  }

  @Test func featuresComeAndGo() {
    var history = TopHistory()
    func take(_ values: [(String, Float)]) {
      if case .publication(let publication) = coefficients(values) { history.take(publication) }
    }
    take([("a", 1), ("b", 2)])
    history.tick(isKnown: true)
    take([("a", 3)])
    history.tick(isKnown: true)
    history.tick(isKnown: false)
    take([("b", 4), ("a", 3)])
    history.tick(isKnown: true)
    #expect(history.rows.map(\.name) == ["b", "a"])
    #expect(history.rows.map(\.change) == [2, 2])
    #expect(history.trace("b").values == [2, 0, nil, 4])
    #expect(history.trace("a").values == [1, 3, nil, 3])
    #expect(history.trace("c").values == [])
    take((0..<1000).map { ("f\($0)", Float($0 + 10)) })
    history.tick(isKnown: true)
    #expect(history.rows.count == TopHistory.rowLimit)
    #expect(history.rows.first?.name == "f999")
    // Of those that are no longer followed it is not known that they are zero.
    #expect(history.trace("b").values == [2, 0, nil, 4, nil])
    for _ in 0..<TopHistory.window { history.tick(isKnown: true) }
    #expect(history.trace("f999").values.count == TopHistory.window)
    #expect(history.trace("b").values == [])
  }

  @Test func troubleIsShown() {
    var view = TopView(endpoint: "tcp://x:1", every: 1)
    #expect(lines(&view, at: 0) == ["whittle top  tcp://x:1", "no word yet, waiting", "q quit"])
    var stats = exampleStats
    stats.diverging = true
    _ = view.take(.publication(Publication(.stats(stats))), at: 0)
    #expect(lines(&view, at: 0)[1] == "diverging: the loss has exploded   degraded: disk full")
    let event = Event(.messageRejected, step: 7, time: 0, message: "bad\nJSON")
    _ = view.take(.publication(Publication(.event(event))), at: 0)
    #expect(lines(&view, at: 0)[5] == "event     step 7 message_rejected: bad\u{FFFD}JSON")
    #expect(lines(&view, at: 9)[1].hasPrefix("no word for 9 s, waiting   diverging"))
    #expect(lines(&view, at: 0)[7] == "no coefficient is different from zero")
  }
}
