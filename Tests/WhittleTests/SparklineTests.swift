import TestSupport
import Testing

@testable import whittle

@Suite struct SparklineTests {
  @Test func heightsAreProportionalFromZero() {
    #expect(Sparkline.line([1, 2, 3, 4, 5, 6, 7, 8], width: 8) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.line([98, 100], width: 8) == "██")
    #expect(Sparkline.line([0, 1e-9, 4, 8], width: 8) == "_▁▄█")
    #expect(Sparkline.line([0, 0], width: 8) == "__")
    #expect(Sparkline.line([1, 2], width: 8, largest: 8) == "▁▂")
    #expect(Sparkline.line([1, 20], width: 8, largest: 8) == "▁█")
  }

  @Test func aNegativeNumberPutsZeroInTheMiddle() {
    #expect(Sparkline.line([-3, -2, -1, -0.1, 0, 0.1, 1, 2, 3], width: 9) == "▁▂▃▄─▄▅▆▇")
    #expect(Sparkline.line([-3, 0], width: 9) == "▁─")
    #expect(Sparkline.line([-1, 1, 100], width: 9) == "▄▄▇")
  }

  @Test func gaps() {
    #expect(Sparkline.line([nil, 8, nil, .nan, .infinity, 4], width: 9) == " █   ▄")
    #expect(Sparkline.line([nil, nil], width: 9) == "  ")
    #expect(Sparkline.line([], width: 9) == "")
    #expect(Sparkline.line([1], width: 0) == "")
  }

  @Test func manyAreShownAsMeans() {
    #expect(Sparkline.line([1, 3, 8, 8, 0, 0, nil, 4, nil, nil], width: 5) == "▂█_▄ ")
    // What is not zero throughout is not drawn as zero.
    #expect(Sparkline.line([-1, 1, 0, 0, 1, 1], width: 3) == "▄─▇")
    let largest = Double.greatestFiniteMagnitude
    #expect(Sparkline.line([largest, largest, -largest, -largest, 0, 0], width: 3) == "▇▁─")
  }

  @Test func otherLocales() {
    #expect(Sparkline.line([0, 1, 2, 3, 4, 5, 6, 7, 8], width: 9, glyphs: .ascii) == "_.:~=+*%#")
    #expect(Sparkline.line([-3, 0, 3], width: 9, glyphs: .ascii) == ".-%")
  }

  @Test func holdsForAnySeries() {
    for seed in 0..<UInt64(500) {
      var random = SeededGenerator(seed: seed)
      let magnitude = random.pick([Double.leastNormalMagnitude / 100, 1e-3, 1, 1e30, 1e308])
      let values = (0..<random.below(61)).map { _ -> Double? in
        switch random.below(5) {
        case 0: nil
        case 1: 0
        default: random.uniform(-1..<1) * magnitude
        }
      }
      let width = random.below(71)
      let line = Array(Sparkline.line(values, width: width))
      #expect(line.count == min(values.count, width), "seed \(seed)")
      guard values.count <= width else { continue }
      let order = Array("▁▂▃▄▅▆▇█")
      for (value, drawn) in zip(values, line) {
        #expect((drawn == " ") == (value == nil), "seed \(seed)")
        #expect((drawn == "_" || drawn == "─") == (value == 0), "seed \(seed)")
      }
      var heights: [(value: Double, height: Int)] = []
      for case (let value?, let drawn) in zip(values, line) {
        if let height = order.firstIndex(of: drawn) { heights.append((value: value, height: height)) }
      }
      heights.sort { $0.value < $1.value }
      for (lower, higher) in zip(heights, heights.dropFirst()) {
        #expect(lower.height <= higher.height, "seed \(seed)")
      }
    }
  }
}
