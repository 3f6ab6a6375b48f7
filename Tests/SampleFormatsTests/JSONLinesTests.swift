import OnlineLearning
import SampleFormats
import Testing

/// Several records in a message, a line each.
struct JSONLinesTests {
  private static let records = [
    #"{"y": 1, "x": {"a": 1}}"#, #"{"x": {"skipped": 1}}"#, #"{"y": 2, "x": {"b": 2, "a": 3}}"#, #"{"y": 3, "x": []}"#,
  ]
  private static let rows = [Row(1, Feature("a")), Row(2, Feature("b", 2), Feature("a", 3)), Row(3)]

  @Test(arguments: ["\n", "\r\n", "\n\n", " \t\n \n", "\n\t"])
  func recordsKeepTheirOrder(_ separator: String) throws {
    for (before, after) in [("", ""), ("", "\n"), ("\n\n", "\r\n\r\n"), ("  ", " \n ")] {
      for format in [SampleDecoder.Format.auto, .json] {
        let bench = Workbench()
        try bench.decode(before + Self.records.joined(separator: separator) + after, format: format)
        #expect(bench.rows == Self.rows)
        #expect(bench.batch.unlearned == 1)
        #expect(bench.names == ["a", "b"])
      }
    }
  }

  @Test
  func aRecordMayTakeSeveralLines() throws {
    let bench = Workbench()
    try bench.decode("{\n  \"y\": 1,\n  \"x\": {\"a\": 1}\n}\n{\n\"y\": 2, \"x\": [\n5\n]\n}\n")
    #expect(bench.rows == [Row(1, Feature("a")), Row(2, Feature("0", 5))])
  }

  @Test
  func linesLearnWhatABatchLearns() throws {
    let samples = (0..<500).map { #"{"y": \#($0 % 7), "x": {"f\#($0 % 11)": \#(Double($0) / 8), "s": "v\#($0 % 3)"}}"# }
    let (lines, batch) = (Workbench(), Workbench())
    try lines.learn(samples.joined(separator: "\n"))
    try batch.learn("[" + samples.joined(separator: ",") + "]")
    #expect(lines.rows.count == 500)
    #expect(lines.rows == batch.rows)
  }

  /// In these, ^ stands before the byte that the error must point to.
  @Test(arguments: [
    (3, "{\"y\": 1, \"x\": {}}\n\n{\"y\": 2, \"x\": ^3}\n"),
    (2, "\n{\"y\": 2, \"x\": ^3}"),
    (2, "{\"y\": 1, \"x\": {}}\n{\"y\": 2, \"z\": ^3}"),
    (1, "{\"y\": 1, \"x\": {\"a\": ^1e39}}\n{\"y\": 2, \"x\": {}}"),
    (2, "{\"y\": 1, \"x\": {}}\n{\"y\": 2, \"x\": {\"a\": [1, {\"b\": ^1e39}]}}"),
    (2, "{\"y\": 1, \"x\": {}}\n{\"y\": 2, \"x\": {\"a\": 1, \"b\": null, \"a\": ^1}}"),
    (2, "{\"y\": 1, \"x\": {}}\n{\"y\": 2, \"x\": {\"a\": ^nan}}"),
    (2, "{\"y\": 1, \"x\": {}}\n{\"y\": 2, \"x\": {\"a\": 1}^"),
    (3, "{\"y\": 1, \"x\": {}}\r\n\r\n^[]"),
    (2, "{\"y\": 1, \"x\": {}}\n^7"),
    (3, "{\"y\": 1,\n\"x\": {}}\n^{\"y\": -1,\n\"x\": {}, \"weight\": -1}"),
    (2, "{\"y\": 1, \"x\": {}}\n{\"y\": 1, \"x\": {}, \"id\": ^{}}"),
  ])
  func errorsNameTheLine(_ line: Int, _ marked: String) {
    let (payload, position) = unmarked(marked)
    let error = Workbench().error(payload)
    #expect(error?.message.hasPrefix("line \(line): ") == true, "\(error?.message ?? "none")")
    #expect(error?.position == position, "\(error?.message ?? "none")")
  }

  private func unmarked(_ text: String) -> (payload: String, position: Int?) {
    let position = Array(text.utf8).firstIndex(of: UInt8(ascii: "^"))
    return (text.replacing("^", with: ""), position)
  }

  /// One record is no line to count, however many lines it takes to the end.
  @Test(arguments: [#"{"y": 1, "x": 3}"#, "{\"y\": 1, \"x\": 3}\n \n", "  {\"y\": 1, \"x\": nan}"])
  func aRecordAloneHasNoNumber(_ payload: String) {
    let error = Workbench().error(payload)
    #expect(error != nil && error?.message.contains("line") == false, "\(error?.message ?? "none")")
  }

  @Test
  func samplesOfABatchHaveNumbersAndPositions() {
    for marked in [
      #"[{"y": 1, "x": {}}, {"y": 2, "x": {"a": "b", "c": {"a": ^1e39}}}]"#,
      #"[{"y": 1, "x": {}}, {"y": 2, "x": {"a": ^tru}}]"#, #"[{"y": 1, "x": {}}, {"y": 2, "x": {"a": 1}^"#,
      #"[{"y": 1, "x": {}}, ^[]]"#, #"[{"y": 1, "x": [[]]}, {"y": ^"2", "x": {}}, {"y": 3, "x": {}}]"#,
    ] {
      let (payload, position) = unmarked(marked)
      let error = Workbench().error(payload)
      #expect(error?.message.hasPrefix("sample 2: ") == true, "\(error?.message ?? "none")")
      #expect(error?.position == position, "\(error?.message ?? "none")")
    }
  }

  @Test
  func limitOfSamplesHoldsForLines() throws {
    let bench = Workbench(limits: SampleLimits(samplesPerMessage: 2))
    try bench.decode(Self.records[...1].joined(separator: "\n"))
    let error = bench.error(Self.records[...2].joined(separator: "\n"))
    #expect(error?.reason == .limit && error?.message.contains("limits.samples_per_message") == true)
  }
}
