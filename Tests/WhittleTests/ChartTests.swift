import TestSupport
import Testing

@testable import whittle

@Suite struct ChartTests {
  private func chart(_ series: [[Double?]], names: [String] = ["sleep", "homework", "z"]) -> Chart {
    Chart(
      series: zip(names, series).map { name, values in
        Chart.Series(name: name, points: values.enumerated().map { Chart.Point(x: Double($0.offset), y: $0.element) })
      })
  }

  @Test func oneSeriesIsALineOfDots() {
    #expect(
      chart([[0, 1, 2, 3, 4, 5, 6, 7]]).lines(columns: 14, rows: 6) == [
        "10 ┤          ",
        "   │       ⢀⠤⠒",
        " 5 ┤   ⢀⡠⠔⠊⠁  ",
        " 0 ┼⣀⠤⠊⠁──────",
        "   └──────────",
        "    0        7",
      ])
  }

  @Test func severalSeriesAreLetters() {
    #expect(
      chart([[0, 1, 2, 3], [2, 2, 2, 2]]).lines(columns: 30, rows: 9) == [
        "3 ┤                        aaa",
        "  │                  aaaaaa   ",
        "2 ┤bbbbbbbbbbbbbbababbbbbbbbbb",
        "1 ┤         aaaaa             ",
        "  │   aaaaaa                  ",
        "0 ┼aaa────────────────────────",
        "  └───────────────────────────",
        "   0                         3",
        "a sleep  b homework",
      ])
  }

  @Test func asciiForOtherLocales() {
    var chart = chart([[-1, nil, 1, 1, nil]])
    chart.glyphs = .ascii
    chart.labelX = { "at \(Int($0))" }
    #expect(
      chart.lines(columns: 20, rows: 7) == [
        " 1 +          ******",
        "   |                ",
        " 0 +----------------",
        "   |                ",
        "-1 +*               ",
        "   +----------------",
        "    at 0        at 3",
      ])
  }

  @Test func nothingToDraw() {
    #expect(chart([]).lines(columns: 80, rows: 20) == [])
    #expect(chart([[nil, .nan, .infinity]]).lines(columns: 80, rows: 20) == [])
    #expect(chart([[1]]).lines(columns: 5, rows: 20) == [])
    #expect(chart([[1]]).lines(columns: 80, rows: 3) == [])
    #expect(chart([[1]]).lines(columns: 80, rows: 4).count == 4)
  }

  @Test func namesFromOutside() {
    let lines = chart([[1], [2]], names: ["\u{1B}[2J", "価格のとても長い名前"]).lines(columns: 14, rows: 12)
    #expect(lines.suffix(2) == ["a \u{FFFD}[2J", "b 価格のとて…"])
  }

  @Test func axes() {
    #expect(ChartAxis([0, 9], ticks: 5).labels == ["0", "2", "4", "6", "8", "10"])
    #expect(ChartAxis([-0.03, 0.12], ticks: 3).labels == ["-0.05", "0", "0.05", "0.1", "0.15"])
    #expect(ChartAxis([1_000_001, 1_000_003], ticks: 2).labels == ["1000001", "1000002", "1000003"])
    #expect(ChartAxis([7, 7], ticks: 2).labels == ["5", "10", "15"])
    #expect(ChartAxis([0, 0], ticks: 2).labels == ["0", "0.5", "1"])
    #expect(ChartAxis([], ticks: 1).labels == ["0", "1"])
  }

  @Test func fitsWhateverItShows() {
    for seed in 0..<UInt64(300) {
      var random = SeededGenerator(seed: seed)
      let magnitude = random.pick([0, Double.leastNonzeroMagnitude, 1e-100, 1, 1e30, 1.7e308])
      let offset = random.pick([0, 0, 1, 1e10])
      let series = (0...random.below(3)).map { _ in
        (0...random.below(50)).map { _ -> Double? in
          random.below(2) == 0 ? nil : offset + random.uniform(-1..<1) * magnitude
        }
      }
      var chart = chart(series)
      chart.glyphs = random.below(2) == 0 ? .unicode : .ascii
      chart.includesZero = random.below(2) == 0
      let columns = random.below(101)
      let rows = random.below(41)
      let lines = chart.lines(columns: columns, rows: rows)
      #expect(lines.count <= rows, "seed \(seed)")
      #expect(lines.allSatisfy { DisplayWidth.of($0) <= columns }, "seed \(seed)")
      #expect(chart.glyphs == .unicode || lines.joined().utf8.allSatisfy { $0 < 0x7F }, "seed \(seed)")
    }
  }

  @Test func locales() {
    func glyphs(_ variables: [String: String]) -> Glyphs { Glyphs(locale: { name in variables[name] }) }
    #expect(glyphs(["LANG": "C.UTF-8"]) == .unicode)
    #expect(glyphs(["LANG": "de_DE.utf8@euro"]) == .unicode)
    #expect(glyphs(["LANG": "en_US.UTF-8", "LC_ALL": "C"]) == .ascii)
    #expect(glyphs(["LANG": "C", "LC_CTYPE": "en_US.UTF-8"]) == .unicode)
    #expect(glyphs([:]) == .ascii)
    #expect(glyphs(["LANG": "@"]) == .ascii)
  }
}
