import TestSupport
import Testing

@testable import WhittleHTTP

/// The exposition format, read back by a small reader of our own; promtool reads that of a real daemon in the end-to-end tests.
@Suite struct MetricsTextTests {
  /// A line of the format taken apart.
  private struct Line: Equatable {
    var name: String
    var labels: [String: String] = [:]
    var value: Double
  }

  private struct Broken: Error { let line: Substring }

  private func read(_ bytes: [UInt8]) throws -> [Line] {
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.isEmpty || text.hasSuffix("\n"))
    return try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      var rest = line
      let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" }
      rest = rest.dropFirst(name.count)
      var labels: [String: String] = [:]
      if rest.first == "{" {
        rest = rest.dropFirst()
        while rest.first != "}" {
          guard let equals = rest.firstIndex(of: "=") else { throw Broken(line: line) }
          let key = String(rest[..<equals])
          rest = rest[equals...].dropFirst(2)
          var value = ""
          while let character = rest.popFirst(), character != "\"" {
            if character == "\\", let escaped = rest.popFirst() {
              value.append(escaped == "n" ? "\n" : escaped)
            } else {
              value.append(character)
            }
          }
          labels[key] = value
          if rest.first == "," { rest = rest.dropFirst() }
        }
        rest = rest.dropFirst()
      }
      let words = ["+Inf": Double.infinity, "-Inf": -.infinity, "NaN": .nan]
      let number = String(rest.dropFirst())
      guard rest.first == " ", let value = words[number] ?? Double(number) else { throw Broken(line: line) }
      return Line(name: String(name), labels: labels, value: value)
    }
  }

  @Test func familiesHaveHelpAndTypeOnce() {
    var text = MetricsText()
    text.add(.counter, "a_total", "What\nit \\ is.", 3)
    text.add(.gauge, "b", "Two.", by: "of", [("x", 1), ("y", nil), ("z", 2.5)])
    #expect(
      String(decoding: text.bytes, as: UTF8.self) == """
        # HELP a_total What\\nit \\\\ is.
        # TYPE a_total counter
        a_total 3
        # HELP b Two.
        # TYPE b gauge
        b{of="x"} 1
        b{of="z"} 2.5

        """)
  }

  @Test func whatHasNoValueIsNotThere() {
    var text = MetricsText()
    text.add(.gauge, "a", "Nothing.", Double?.none)
    text.add(.gauge, "b", "Nothing.", by: "of", [("x", nil)])
    #expect(text.bytes.isEmpty)
  }

  @Test func labelsAreReadAsTheyWere() throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let characters: [Character] = ["\"", "\\", "\n", "{", "}", ",", "=", " ", "é", "n", "a"]
      let label = String((0..<Int.random(in: 0...12, using: &generator)).map { _ in generator.pick(characters) })
      var text = MetricsText()
      text.add(.gauge, "a", "A label.", by: "of", [(label, 1)])
      #expect(try read(text.bytes) == [Line(name: "a", labels: ["of": label], value: 1)], "seed \(seed)")
    }
  }

  @Test func numbersAreReadAsTheyWere() throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    var values = [0, 1, -1, 0.1, 1e21, 1e-7, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
    values += [9_007_199_254_740_994, -9_007_199_254_740_992, 1e15 + 0.5]
    for _ in 0..<1000 { values.append(Double(bitPattern: UInt64.random(in: .min ... .max, using: &generator))) }
    for value in values {
      var text = MetricsText()
      text.add(.gauge, "a", "A number.", value)
      let again = try #require(try read(text.bytes).first).value
      #expect(again == value || again.isNaN && value.isNaN, "seed \(seed): \(value)")
    }
  }

  @Test func bucketsAddUp() throws {
    var text = MetricsText()
    text.add(histogram: "a", "Sizes.", [2, 0, 3, 1], bounds: [0.5, 1, 10, nil], sum: 25.5)
    let lines = try read(text.bytes)
    #expect(
      lines == [
        Line(name: "a_bucket", labels: ["le": "0.5"], value: 2), Line(name: "a_bucket", labels: ["le": "1"], value: 2),
        Line(name: "a_bucket", labels: ["le": "10"], value: 5),
        Line(name: "a_bucket", labels: ["le": "+Inf"], value: 6),
        Line(name: "a_sum", value: 25.5), Line(name: "a_count", value: 6),
      ])
  }
}
