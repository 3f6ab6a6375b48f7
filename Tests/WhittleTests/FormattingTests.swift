import Testing
import WhittleClient
import WhittleProtocol

@testable import whittle

@Suite struct FormattingTests {
  @Test func numbers() {
    #expect(Format.count(0) == "0")
    #expect(Format.count(999) == "999")
    #expect(Format.count(-1_234_567) == "-1,234,567")
    #expect(Format.count(UInt64.max) == "18,446,744,073,709,551,615")
    #expect(Format.number(0.123456789) == "0.123457")
    #expect(Format.number(1.5e-7) == "1.5e-07")
    #expect(Format.number(nil) == "-")
    #expect(Format.fixed(.greatestFiniteMagnitude, decimals: 2).count == 312)
    #expect(Format.rate(2.5) == "2.5/s")
    #expect(Format.rate(12345.6) == "12,346/s")
    #expect(Format.rate(.infinity) == "-/s")
    #expect(Format.percent(0.76) == "76.0 %")
  }

  @Test func timesAndSizes() {
    #expect(Format.duration(seconds: 0.25) == "0.25 s")
    #expect(Format.duration(seconds: 12) == "12.0 s")
    #expect(Format.duration(seconds: 59.97) == "1 min 0 s")
    #expect(Format.duration(seconds: 192) == "3 min 12 s")
    #expect(Format.duration(seconds: 18_180) == "5 h 3 min")
    #expect(Format.duration(seconds: 190_800) == "2 d 5 h")
    #expect(Format.duration(seconds: .nan) == "-")
    #expect(Format.clock(seconds: 7) == "0:07")
    #expect(Format.clock(seconds: 750) == "12:30")
    #expect(Format.clock(seconds: 11_100) == "3:05:00")
    #expect(Format.clock(seconds: .nan) == "-:--")
    #expect(Format.bytes(512) == "512 B")
    #expect(Format.bytes(1500) == "1.5 kB")
    #expect(Format.bytes(999_999) == "1.0 MB")
    #expect(Format.bytes(12_000_000_000) == "12.0 GB")
  }

  @Test func controlCharactersAreTakenOut() {
    #expect(Format.name("a\u{1B}[2Jb\nc") == "a\u{FFFD}[2Jb\u{FFFD}c")
    #expect(Format.name("größe=日本") == "größe=日本")
  }

  @Test func tablesAlign() {
    var table = Table([.left, .right], header: ["NAME", "N"])
    table.add(["größe", "1"])
    table.add(["x", "1,000"])
    table.add(["alone"])
    #expect(table.text() == "NAME       N\ngröße      1\nx      1,000\nalone\n")
    #expect(Table([.left]).text() == "")
    #expect(table.text(Style(enabled: true)).hasPrefix("\u{1B}[1mNAME       N\u{1B}[0m\n"))
  }

  @Test func coefficientsAreSortedByMagnitude() {
    let text = CoefficientTable.text(
      names: ["a", "b", "c", "d"], values: [0.5, -2, 0.5, .nan], step: 1234, intercept: 0.25, features: 50,
      activeSet: 4)
    #expect(
      text == """
        step 1,234   intercept 0.25   active 4 of 50 features

        NAME  COEFFICIENT
        b              -2
        a             0.5
        c             0.5
        d             nan

        """)
    #expect(
      CoefficientTable.text(
        names: ["a", "b"], values: [0.123456, 0], step: 1, intercept: 2.0 / 3, features: 2, activeSet: 1, digits: 2)
        == "step 1   intercept 0.67   active 1 of 2 features\n\nNAME  COEFFICIENT\na            0.12\nb               0\n"
    )
  }

  @Test func progress() {
    var progress = FeedProgress(samples: 5000, messages: 50, bytes: 250, totalBytes: 1000, seconds: 2)
    #expect(
      progress.line(columns: 60) == "5,000 samples  2,500/s  [####-------------]  25 %  0:06 left")
    #expect(progress.line(columns: 30).count <= 30)
    #expect(progress.line(columns: 200).count < 100)
    #expect(progress.summary == "sent 5,000 samples in 50 messages, 2.00 s, 2,500/s")
    progress.totalBytes = nil
    #expect(progress.line(columns: 60) == "5,000 samples  2,500/s")
    #expect(
      FeedProgress(samples: 1, messages: 1, seconds: 0).summary == "sent 1 sample in 1 message, 0.00 s, 0.0/s"
    )
    #expect(FeedProgress(totalBytes: 10).line(columns: 80).contains("-:-- left"))
  }

  @Test func theWatchFitsItsTerminal() throws {
    var view = WatchView(endpoint: "tcp://x:1")
    #expect(view.picture(columns: 80, rows: 20) == ["tcp://x:1  waiting for stats"])
    view.update(Publication(.stats(exampleStats)))
    let coefficients = Coefficients(
      step: 7, intercept: 0, names: ["sleep", "a very long name of a feature", "hw"],
      values: [2, -1, 0.001], features: 9, activeSet: 3)
    view.update(Publication(.coefficients(coefficients)))
    for columns in [0, 1, 10, 20, 40, 80, 300] {
      for rows in [0, 1, 5, 7, 8, 20] {
        let lines = view.picture(columns: columns, rows: rows)
        #expect(lines.count <= rows)
        #expect(lines.allSatisfy { DisplayWidth.of($0) <= columns }, "\(columns) by \(rows)")
      }
    }
    let lines = view.picture(columns: 40, rows: 20)
    #expect(lines[2] == "step     12,000   1,000/s")
    #expect(lines[6] == "sleep              2          │████████")
    #expect(lines[7] == "a very long …     -1      ████│        ")
  }

  @Test func divergenceIsShown() {
    var stats = exampleStats
    stats.diverging = true
    let row = StatsCommand.text(stats).split(separator: "\n").first { $0.hasPrefix("diverging") }
    #expect(row?.contains("  the loss has exploded; the step size is too large") == true)
    #expect(!StatsCommand.text(exampleStats).contains("diverging"))
    #expect(
      WatchView.line(Publication(.stats(stats)))?.hasSuffix("sparsity 66.7 %  diverging  degraded: disk full") == true)
    #expect(WatchView.line(Publication(.event(explosion))) == "step 12,000  divergence_began: the loss\u{FFFD}is 1e+60")
    var view = WatchView(endpoint: "tcp://x:1")
    view.update(Publication(.stats(stats)))
    #expect(view.picture(columns: 80, rows: 20)[1] == "diverging: the loss has exploded   degraded: disk full")
    view.update(Publication(.event(explosion)))
    #expect(view.picture(columns: 80, rows: 20)[1] == "diverging: the loss\u{FFFD}is 1e+60   degraded: disk full")
    view.update(Publication(.stats(exampleStats)))
    #expect(!view.picture(columns: 80, rows: 20).contains { $0.contains("diverging") })
  }

  @Test func statsForPeople() {
    var stats = exampleStats
    stats.validation.overall = Validation.Metrics(loss: 0.5, bestConstantLoss: 2)
    stats.validation.window = Validation.Metrics(loss: 0.25, bestConstantLoss: 3)
    stats.validation.window?.rmse = 0.7
    let words = StatsCommand.text(stats).split(separator: "\n").map { $0.split(separator: " ") }
    for line in [
      "step 12,000", "bad_json 2", "checkpoint none yet", "PREDICTED BEFORE LEARNED OVERALL RECENT WINDOW",
      "loss 0.5 - 0.25", "loss of the best constant 2 - 3", "root mean squared error - - 0.7",
    ] {
      #expect(words.contains(line.split(separator: " ")), "\(line)")
    }
    #expect(StatsCommand.text(stats, digits: 1).contains("loss of the best constant  2        -       3\n"))
    stats.checkpoint = Stats.Checkpoint(step: 1, file: "a/very/long/name/of/a/checkpoint", ageSeconds: 1)
    #expect(StatsCommand.text(stats).contains("LEARNED   OVERALL  RECENT  WINDOW\n"))
    #expect(!words.contains { $0.first == "accuracy" })
    stats.validation = Validation(overall: nil, recent: nil, window: nil)
    #expect(!StatsCommand.text(stats).contains("PREDICTED"))
    #expect(
      WatchView.line(Publication(.stats(exampleStats)))
        == "step 12,000  1,000/s  loss 0.5 recent -  active 3 of 9  sparsity 66.7 %  degraded: disk full")
  }
}

private let explosion = Event(
  .divergenceBegan, step: 12_000, time: 1, message: "the loss\nis 1e+60",
  divergence: Event.Divergence(stepSize: 10, loss: 1e60, bestConstantLoss: 0.5, clampedUpdates: 7))

let exampleStats = Stats(
  health: .degraded, problem: "disk full", uptimeSeconds: 61, step: 12_000, samples: 10_000, unlearned: 1,
  messages: 10_003, rejected: ["bad_json": 2], samplesPerSecond: 1000, loss: .init(overall: 0.5, recent: nil),
  validation: .init(overall: .init(loss: 0.5, bestConstantLoss: 0.75), recent: nil, window: nil),
  features: 9, activeSet: 3, sparsity: 2.0 / 3, l1Norm: 3, l2Norm: 2, intercept: 0.1, stepSize: 0.01,
  clampedUpdates: 0, diverging: false,
  sequences: Stats.Sequences(sources: 0, missing: 0, duplicates: 0, bySource: [:]),
  delayed: Stats.Delayed(waiting: 0, matched: 0, forgotten: 0, unmatched: 0),
  room: Stats.Room(forgotten: 0, refused: 0), checkpoint: nil)
