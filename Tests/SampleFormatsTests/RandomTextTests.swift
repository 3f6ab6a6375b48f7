import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Random lines, of which it is known what stands in them: the features that were put into words.
struct RandomTextTests {
  /// Text that is a number: of every length around those that are read at once, in every form.
  private func number(using generator: inout SeededGenerator) -> String {
    func digits(_ count: Int) -> String { (0..<count).map { _ in "\(generator.below(10))" }.joined() }
    let sign = generator.pick(["", "", "", "-", "+"])
    let whole = generator.below(generator.pick([3, 10, 20]))
    let decimals = generator.below(generator.pick([3, 10, 20]))
    let point = decimals > 0 || generator.below(3) == 0 ? "." : ""
    let exponent =
      generator.below(5) == 0
      ? "\(generator.pick(["e", "E"]))\(generator.pick(["", "-", "+"]))\(generator.below(12))" : ""
    return sign + digits(whole + decimals == 0 ? 1 : whole) + point + digits(decimals) + exponent
  }

  /// A name of every length around those that stand in themselves.
  private func name(using generator: inout SeededGenerator) -> String {
    let letters: [Character] = ["a", "b", "c", "0", "1", ".", "-", "^", "'", "#", "é", "温", "\0", "\u{B}"]
    let count = 1 + generator.below(generator.pick([2, 8, 18, 80]))
    return String((0..<count).map { _ in generator.pick(letters) })
  }

  /// A name that is a number, mostly: such are read in another way. They often ascend from one to the next.
  private func numeric(after last: inout Int, using generator: inout SeededGenerator) -> String {
    last += generator.below(generator.pick([3, 3000])) - (generator.below(6) == 0 ? 2 : 0)
    switch generator.below(60) {
    case 0: return "0\(abs(last))"
    case 1: return "\(generator.below(1_000_000_000_000))"
    case 2: return name(using: &generator)
    default: return "\(abs(last))"
    }
  }

  private func blanks(using generator: inout SeededGenerator) -> String {
    let count = generator.below(8) == 0 ? 2 + generator.below(70) : 1
    return (0..<count).map { _ in generator.pick([" ", " ", " ", " ", "\t", "\r"]) }.joined()
  }

  /// A line and the row that it is. Values of 0 are left out, and a feature stands where it stood first.
  private func line(using generator: inout SeededGenerator) -> (text: String, row: Row) {
    var text = "1 "
    var row = Row(1)
    var sums: [(name: String, sum: Float)] = []
    let areNumeric = generator.below(3) == 0
    var last = 0
    for _ in 0...generator.below(3) {
      let namespace = generator.below(2) == 0 ? "" : name(using: &generator)
      let scaleText = namespace.isEmpty || generator.below(2) == 0 ? nil : number(using: &generator)
      text += "|\(namespace)" + (scaleText.map { ":\($0)" } ?? "")
      let scale = scaleText.map { Double($0)! } ?? 1
      var nameless = 0
      for _ in 0..<generator.below(30) {
        var feature =
          generator.below(areNumeric ? 40 : 12) == 0
          ? "" : areNumeric ? numeric(after: &last, using: &generator) : name(using: &generator)
        let valueText = feature.isEmpty || generator.below(5) > 0 ? number(using: &generator) : nil
        text += blanks(using: &generator) + feature + (valueText.map { ":\($0)" } ?? "")
        if feature.isEmpty {
          feature = "\(nameless)"
          nameless += 1
        }
        let full = namespace.isEmpty ? feature : "\(namespace)^\(feature)"
        let value = Float((valueText.map { Double($0)! } ?? 1) * scale)
        // Strings that look alike may be equal; names are bytes.
        if let known = sums.firstIndex(where: { $0.name.utf8.elementsEqual(full.utf8) }) {
          sums[known].sum += value
        } else {
          sums.append((full, value))
        }
      }
      text += generator.pick(["", "", " ", "\t ", "  "])
    }
    row.features = sums.filter { $0.sum != 0 }.map { Feature($0.name, $0.sum) }
    return (text, row)
  }

  @Test(arguments: [UInt64](1...8))
  func linesHoldWhatWasPutIntoThem(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let bench = Workbench()
    for round in 0..<60 {
      let lines = (0...generator.below(4)).map { _ in line(using: &generator) }
      let text = lines.map(\.text).joined(separator: generator.pick(["\n", "\r\n"])) + generator.pick(["", "\n"])
      let unplaceable = lines.contains { line in !line.row.features.allSatisfy { $0.value.isFinite } }
      if unplaceable {
        #expect(throws: SampleError.self) { try bench.decode(text) }
      } else {
        // Names that are known already are found in other ways.
        for _ in 0..<2 {
          try bench.decode(text)
          #expect(bench.rows == lines.map(\.row), "seed \(seed), round \(round): \(text.debugDescription)")
        }
      }
    }
  }

  @Test(arguments: [UInt64](11...14))
  func numbersAreRoundedOnce(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let bench = Workbench()
    let numbers = (0..<20_000).map { _ in number(using: &generator) }
    try bench.decode("1 |" + numbers.enumerated().map { " f\($0):\($1)" }.joined())
    let expected = numbers.map { Float(Double($0)!) }
    var values = [Float](repeating: 0, count: numbers.count)
    for feature in bench.rows[0].features { values[Int(feature.name.dropFirst())!] = feature.value }
    for (place, number) in numbers.enumerated() {
      #expect(values[place] == expected[place], "seed \(seed): \(number)")
    }
    // As targets they keep all of their precision.
    for number in numbers.prefix(2000) {
      try bench.decode("\(number) |")
      #expect(bench.rows[0].target == Double(number)!, "seed \(seed): \(number)")
    }
  }
}
