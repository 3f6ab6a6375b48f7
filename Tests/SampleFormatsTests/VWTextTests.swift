import OnlineLearning
import SampleFormats
import Testing

/// Samples in Vowpal Wabbit's text format.
struct VWTextTests {
  private func rows(_ payload: String, loss: Loss = .squared) throws -> [Row] {
    let bench = Workbench(loss: loss)
    try bench.decode(payload)
    return bench.rows
  }

  @Test
  func labelAndFeatures() throws {
    #expect(try rows("3.2 | sleep:7.5 hw:2") == [Row(3.2, Feature("sleep", 7.5), Feature("hw", 2))])
  }

  @Test
  func importance() throws {
    #expect(try rows("1 2.5 | a") == [Row(1, Feature("a"), importance: 2.5)])
  }

  @Test(arguments: ["1 2 'tag | a", "1 2 'tag| a", "1 2 tag| a", "1 2 '| a", "1 2 0.5| a", "1 2 'ä| a"])
  func tagIsPassedOver(_ line: String) throws {
    // A word that touches the bar is a tag even without a quote, and even if it looks like a number.
    #expect(try rows(line) == [Row(1, Feature("a"), importance: 2)])
  }

  @Test(arguments: ["1| a", "'tag | a", "tag| a", "| a", "|n a", "1 0 | a", "|"])
  func lineWithoutLabelOrImportanceIsNotLearned(_ line: String) throws {
    let bench = Workbench()
    try bench.decode(line)
    #expect(bench.batch.count == 0 && bench.batch.unlearned == 1)
    #expect(bench.names.isEmpty)
  }

  @Test
  func featureWithoutValueIsOne() throws {
    #expect(try rows("1 | a b:0.5 c") == [Row(1, Feature("a"), Feature("b", 0.5), Feature("c"))])
  }

  @Test
  func namespaces() throws {
    #expect(
      try rows("1 |body sleep:7 |work hw:2 sleep |body age:30 | bare")
        == [
          Row(
            1, Feature("body^sleep", 7), Feature("work^hw", 2), Feature("work^sleep"),
            Feature("body^age", 30),
            Feature("bare"))
        ])
  }

  @Test
  func scalesMultiplyTheValuesOfTheirNamespaceOnly() throws {
    #expect(
      try rows("1 |n:0.5 a:3 b |m c | d:2")
        == [Row(1, Feature("n^a", 1.5), Feature("n^b", 0.5), Feature("m^c"), Feature("d", 2))])
    #expect(try rows("1 |n:-2 a:3 |n a") == [Row(1, Feature("n^a", -5))])
  }

  @Test
  func repeatedFeaturesCountWithTheirSum() throws {
    let repeated = Workbench()
    let summed = Workbench()
    try repeated.learn("1 | a:1 b:2 a:3")
    try summed.learn("1 | a:4 b:2")
    #expect(repeated.batch.features == [0, 1])
    #expect(repeated.batch.values == [4, 2])
    #expect(repeated.model.learner.coefficients() == summed.model.learner.coefficients())
  }

  @Test
  func emptyNamespacesAndRows() throws {
    #expect(try rows("1 |") == [Row(1)])
    #expect(try rows("1 |n") == [Row(1)])
    #expect(try rows("1 || a |") == [Row(1, Feature("a"))])
  }

  @Test
  func tabsAndCarriageReturns() throws {
    #expect(
      try rows("1\t2\t|\ta:1\tb:2\r\n\r\n0 | a \r\n")
        == [Row(1, Feature("a"), Feature("b", 2), importance: 2), Row(0, Feature("a"))])
    #expect(try rows("1 |n\r\n2 |n a:1\r\n") == [Row(1), Row(2, Feature("n^a"))])
  }

  @Test
  func blankLinesArePassedOver() throws {
    #expect(try rows("\n \n\t\n1 | a\n\n\n2 | b") == [Row(1, Feature("a")), Row(2, Feature("b"))])
  }

  @Test
  func unlabeledLinesAreCounted() throws {
    let bench = Workbench()
    try bench.decode("1 | a\n| new:1\n2 0 | new:2\n2 | b")
    #expect(bench.rows == [Row(1, Feature("a")), Row(2, Feature("b"))])
    #expect(bench.batch.unlearned == 2)
    #expect(bench.names == ["a", "b"])
  }

  @Test
  func numbersInAllForms() throws {
    #expect(
      try rows("+1e0 2E-1 | a:-1.5e3 b:+.5 c:5. d:007 e:1e-400 f:-0")
        == [
          Row(1, Feature("a", -1500), Feature("b", 0.5), Feature("c", 5), Feature("d", 7), importance: 0.2)
        ])
  }

  @Test
  func numbersBeyondAllRangesAreInfiniteOrZero() throws {
    let zeros = String(repeating: "0", count: 400)
    for small in [
      "1e-400", "0.\(zeros)1", "-0.\(zeros)123e5", "\(zeros)1e-400", "1\(zeros)e-900", "9e-99999999999999999999",
    ] {
      #expect(try rows("1 | a:\(small) b") == [Row(1, Feature("b"))], "\(small)")
    }
    for large in ["1e400", "1\(zeros)", "-1\(zeros).5", "0.\(zeros)1e900", "9e99999999999999999999", "\(zeros)12e399"] {
      let error = #expect(throws: SampleError.self) { try rows("1 | a:\(large) b") }
      #expect(error?.reason == .featureValue, "\(large)")
    }
  }

  @Test
  func namesInAnyScript() throws {
    #expect(
      try rows("1 |größe 温度:2 🌧 |n a^b=c/d'e\"")
        == [Row(1, Feature("größe^温度", 2), Feature("größe^🌧"), Feature("n^a^b=c/d'e\""))])
  }

  @Test
  func featuresWithoutNamesAreNamedByTheirPlace() throws {
    #expect(try rows("1 | :0.5 a :2") == [Row(1, Feature("0", 0.5), Feature("a"), Feature("1", 2))])
    // They are counted in each namespace, and those whose value is 0 count.
    #expect(
      try rows("1 |n :3 :0 :4 |m :5") == [
        Row(1, Feature("n^0", 3), Feature("n^2", 4), Feature("m^0", 5))
      ])
    #expect(try rows("1 |n:2 :3 0:4") == [Row(1, Feature("n^0", 14))])
  }

  @Test
  func classes() throws {
    #expect(try rows("1 | a\n-1 | a\n0 | a\n+1 | a", loss: .logistic).map(\.target) == [1, -1, -1, 1])
  }

  @Test
  func manyLines() throws {
    let bench = Workbench()
    try bench.decode((0..<10_000).map { "\($0) |n f\($0 % 100):\($0) a\n" }.joined())
    #expect(bench.batch.targets == (0..<10_000).map(Double.init))
    #expect(bench.names.count == 101)
    #expect(bench.rows[9_999] == Row(9_999, Feature("n^f99", 9_999), Feature("n^a")))
  }
}
