import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Numbers are read to the nearest double, whatever their length and place; Swift's own reader tells what that is.
struct JSONNumberTests {
  private func targets(_ payload: String) throws -> [Double] {
    let bench = Workbench()
    try bench.decode(payload)
    return bench.batch.targets
  }

  /// Digits of every length with a point at every place.
  private func shapes(using generator: inout SeededGenerator) -> [String] {
    var numbers: [String] = []
    for length in 1...26 {
      for point in 0..<length {
        for sign in ["", "-"] {
          var digits = (0..<length).map { _ in String(Int.random(in: 0...9, using: &generator)) }
          let whole = point == 0 ? length : point
          if whole > 1, digits[0] == "0" { digits[0] = "7" }
          if point == 0, length > 18 { continue }
          if point > 0 { digits.insert(".", at: point) }
          numbers.append(sign + digits.joined())
        }
      }
    }
    return numbers
  }

  @Test(arguments: UInt64(1)...8)
  func everyLengthAndPlaceOfThePoint(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let numbers = shapes(using: &generator)
    let expected = numbers.map { Double($0)! }
    // The same numbers at the beginning, in the middle and at the very end of messages, and before blanks.
    for record in [#"{"y":@,"x":{}}"#, #"{"x":{},"y":@}"#, #"{"y":  @  ,"x":{}}"#, "{\"x\":{},\"y\":@\n}"] {
      for (number, expected) in zip(numbers, expected) {
        let targets = try targets(record.replacing("@", with: number))
        #expect(targets.map(normalized) == [normalized(expected)], "seed \(seed): \(number) in \(record)")
      }
    }
    let batch = "[" + numbers.map { #"{"y":\#($0),"x":{}}"# }.joined(separator: ",") + "]"
    #expect(try targets(batch).map(normalized) == expected.map(normalized), "seed \(seed)")
  }

  /// The bits of a number, but for the sign of 0, which says nothing.
  private func normalized(_ number: Double) -> UInt64 { (number == 0 ? 0 : number).bitPattern }

  @Test(arguments: UInt64(1)...4)
  func randomDoublesAsOthersWriteThem(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var numbers: [Double] = []
    while numbers.count < 3000 {
      let number = Double(bitPattern: generator.next())
      numbers.append(Double.random(in: -10...10, using: &generator))
      numbers.append(Double(Float.random(in: 0...1, using: &generator)))
      numbers.append((Double.random(in: -10...10, using: &generator) * 10_000).rounded() / 10_000)
      if number.isFinite, number.magnitude < 3e38 { numbers.append(number) }
    }
    let batch = "[" + numbers.map { #"{"y": \#($0), "x": {}}"# }.joined(separator: ",\n") + "]"
    #expect(try targets(batch).map(normalized) == numbers.map(normalized), "seed \(seed)")
  }

  /// Halfway between two doubles, or next to it, where rounding is hardest.
  @Test
  func numbersThatAreHardToRound() throws {
    let numbers = [
      "9007199254740993", "9007199254740993.0", "9007199254740992.9999999999999999", "0.500000000000000166533453693773",
      "3.518437208883201171875e13", "62.5364939768271845828", "8.10109172351e-10", "1.50000000000000011102230246251565",
      "1.5000000000000001110", "2.2250738585072011e-308", "5e-324", "2e-324", "2.4703282292062328e-324",
      "4.9406564584124654e-324", "1e23", "8.5e22", "9.5367431640625e-7", "123456789.12345678901234567890", "1e-400",
      "0e400", "-0e-400", "0.000000000000000000000000000000000000000000000000001",
      "179769313486231570000000000000000000000.0", "1" + String(repeating: "0", count: 38) + ".0",
    ]
    for number in numbers {
      let targets = try targets(#"{"x": {}, "y": \#(number)}"#)
      #expect(targets.map(normalized) == [normalized(Double(number)!)], "\(number) was read as \(targets)")
    }
  }

  /// Numbers as JSON's grammar has them, and nothing else.
  private func check(_ texts: [String], _ about: String) throws {
    let number = /-?(0|[1-9][0-9]*)(\.[0-9]+)?(e-?[0-9]+)?/
    for text in texts {
      let (bench, payload) = (Workbench(), #"{"x": {}, "y":\#(text)}"#)
      if text.wholeMatch(of: number) == nil {
        #expect(bench.error(payload)?.reason == .brokenJSON, "\(about): \(text)")
      } else {
        let value = Double(text)!
        // What is out of range is refused, too.
        if value.magnitude > 3e38 { continue }
        try bench.decode(payload)
        #expect(bench.batch.targets.map(normalized) == [normalized(value)], "\(about): \(text)")
      }
    }
  }

  /// All texts of up to five of the characters that stand in numbers.
  @Test
  func shortTextsThatAreNoNumbersAreRefused() throws {
    let characters = ["-", "0", "7", ".", "e"]
    var texts = characters
    var longest = characters
    for _ in 2...5 {
      longest = longest.flatMap { text in characters.map { text + $0 } }
      texts += longest
    }
    try check(texts, "all")
  }

  @Test(arguments: UInt64(1)...2)
  func longTextsThatAreNoNumbersAreRefused(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let frequent = Array("--..e00112233445566778899")
    let texts = (0..<10_000).map { _ in
      let length = Int.random(in: 6...12, using: &generator)
      return String((0..<length).map { _ in frequent[Int.random(in: frequent.indices, using: &generator)] })
    }
    try check(texts, "seed \(seed)")
  }

  /// What simdjson reads one way or another, by their length.
  @Test
  func longNumbers() throws {
    let zeros = String(repeating: "0", count: 25)
    for number in [
      "0.1234567890123456789", "0.12345678901234567899", "-0.99999999999999999999", "0.00000000000000000000000000001",
      "1e\(zeros)1", "-2.5E-\(zeros)3", "0e\(zeros)", "1.2345678901234567e-10", "1234567890123456789012.5e-3",
      "9223372036854775808.0", "123e+\(zeros)10", "0.\(zeros)7e27",
    ] {
      for record in [#"{"y": @, "x": {}}"#, "{\"x\": {}, \"y\": @ \n }", #"[{"y":@,"x":{}}]"#] {
        let targets = try targets(record.replacing("@", with: number))
        #expect(targets.map(normalized) == [normalized(Double(number)!)], "\(number) was read as \(targets)")
      }
    }
    for number in ["1e\(zeros)400", "0.12345678901234567890.", "0.12345678901234567890x", "01234567890123456789012.5"] {
      #expect(Workbench().error(#"{"y": \#(number), "x": {}}"#)?.reason == .brokenJSON, "\(number)")
    }
  }

  @Test
  func wholeNumbersOfSixtyFourBits() throws {
    for number in [
      "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
      "10000000000000000000", "1000000000000000000", "999999999999999999",
    ] {
      #expect(try targets(#"{"y": \#(number), "x": {}}"#) == [Double(number)!], "\(number)")
    }
    for number in [
      "18446744073709551616", "-9223372036854775809", "99999999999999999999", "20000000000000000000",
      "100000000000000000000",
    ] {
      let error = Workbench().error(#"{"y": \#(number), "x": {}}"#)
      #expect(error?.message.contains("has more than 64 bits") == true, "\(number)")
    }
  }

  @Test
  func aNegativeZeroIsZero() throws {
    let bench = Workbench()
    try bench.decode(#"{"y": -0, "x": {"a": -0, "b": -0.0, "c": -0e5, "d": -1e-400}}"#)
    #expect(bench.rows == [Row(0)])
    #expect(bench.names == ["a", "b", "c", "d"])
  }
}
